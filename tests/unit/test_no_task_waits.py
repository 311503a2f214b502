"""No task waits in a slot, or in a message: what has to wait is a time in a row."""

import ast
from pathlib import Path

import pytest

TASKS = sorted((Path(__file__).parents[2] / "tasks").glob("*.py"))
# Beyond the visibility timeout Redis hands such a message out again and again.
DELAYS = {"countdown", "eta"}


def calls(path):
    """Return the calls in a module, by the name of what is called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield name, {word.arg for word in node.keywords}


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_no_message_is_delayed_and_each_of_them_expires(path):
    """Neither by Celery's retries nor by a time to come; `sleep` is banned anyway."""
    found = list(calls(path))

    assert [name for name, words in found if name == "retry" or words & DELAYS] == []
    assert [
        name for name, words in found if name == "send_task" and "expires" not in words
    ] == []
