"""docs/operating.md has an entry for each event that the code can raise, and for no other."""

import ast
import re
from pathlib import Path

from worker.domain import errors
from worker.domain.grants import AuthorizationState
from worker.domain.records import Stream

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text()


def recorded(source):
    """Return the event names in a module: those that reach `record_event` there."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    # Functions that hand a name on, and at which place they take it.
    tellers = {"record_event": 1}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        places = [argument.arg for argument in function.args.args]
        for name in names_given(function, {"record_event": 1}):
            if isinstance(name, ast.Name) and name.id in places:
                tellers[function.name] = places.index(name.id)
    for name in names_given(tree, tellers):
        # What a teller was given is found where it is called.
        if isinstance(name, ast.Name) and name.id not in constants:
            assert len(tellers) > 1, f"nobody knows {ast.unparse(name)}"
            continue
        yield from spelled(name, constants)


def names_given(tree, tellers):
    """Return the expressions that stand for the name in calls of these functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = tellers.get(node.func.id)
            if place is not None and len(node.args) > place:
                yield node.args[place]


def spelled(name, constants):
    """Return every name that an expression may become."""
    match name:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return [*spelled(one, constants), *spelled(other, constants)]
        case ast.JoinedStr(
            values=[ast.Constant(value="authorization_"), ast.FormattedValue()]
        ):
            return [f"authorization_{state}" for state in AuthorizationState]
        case ast.Subscript(value=ast.Name(id=table)):
            values = constants[table].values
            assert len(values) == len(Stream)
            return [text for value in values for text in spelled(value, constants)]
    raise AssertionError(f"this test must learn to read {ast.unparse(name)}")


def first_column(heading):
    """Return what a section's table has an entry for."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_every_event_has_an_entry():
    """A new event without a word about it fails here, and so does an old word."""
    events = {
        event
        for folder in ("tasks", "worker")
        for path in (ROOT / folder).rglob("*.py")
        if path.parts[-2:] != ("store", "events.py")
        for event in recorded(path.read_text())
    }
    listed = first_column("Events")

    assert len(listed) == len(set(listed))
    assert set(listed) == events


def test_every_kind_of_trouble_has_an_entry():
    """Whatever `detail.kind` may be can be looked up."""
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.SellersyncError)
    }
    bases = {"SellersyncError", "MarketplaceError"}

    assert set(first_column("Kinds of trouble")) == kinds - bases


def test_the_code_is_understood():
    """The comparison above is not blind."""
    source = """
_MANY = {Stream.ORDERS: "four", Stream.PRODUCTS: "five"}
def _tell(connection, name):
    record_event(connection, name, now=1)
record_event(connection, "one" if x else "two", now=1)
_tell(connection, "three")
_tell(connection, _MANY[stream])
record_event(connection, f"authorization_{state}", now=1)
"""
    found = set(recorded(source))

    assert found >= {"one", "two", "three", "four", "five", "authorization_active"}
