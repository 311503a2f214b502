"""docs/logs.md names every event that the code logs, and none that it does not."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "logs.md"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def logged(source):
    """Return the event names in a piece of code: of log calls, and of tasks' last words."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        called = ast.unparse(node.func)
        receiver, _, name = called.rpartition(".")
        is_log = receiver.endswith("log") and name in LEVELS
        if is_log or name.startswith("sum_up"):
            match node.args[0]:
                case ast.Constant(value=str(event)):
                    yield event


def events_of_the_code():
    """Return every event name in the code."""
    return {
        event
        for folder in ("config", "tasks", "worker")
        for path in (ROOT / folder).rglob("*.py")
        for event in logged(path.read_text())
    }


def events_of_the_page():
    """Return every event name that has a row."""
    section = PAGE.read_text().partition("## Events")[2].partition("## Fields")[0]
    rows = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_page_and_the_code_agree():
    """A new event without a word about it fails here, and so does an old word."""
    assert events_of_the_page() == events_of_the_code()


def test_the_code_is_understood():
    """The comparison above is not blind."""
    source = """
log.info("one", x=1)
self.log.warning("two")
sum_up("three")
summary.sum_up_trouble("four", error)
catalog.find("no event")
log.info(name)
"""

    assert list(logged(source)) == ["one", "two", "three", "four"]
