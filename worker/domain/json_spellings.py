"""The ways in which libraries write one JSON value; bytes that differ sign differently."""

import json
from collections.abc import Iterator

# What Go and Gson escape for the sake of HTML.
_FOR_HTML = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&"}
_FOR_GSON = _FOR_HTML | {ord(mark): f"\\u{ord(mark):04x}" for mark in "='"}


def spellings(value: object) -> Iterator[tuple[str, str]]:
    """Return each spelling with who writes it; some of them may be equal."""
    compact = _dumps(value)
    yield "written compactly", compact
    yield "written with spaces (Python's json.dumps by default)", json.dumps(value)
    yield "written with spaces and raw text", json.dumps(value, ensure_ascii=False)
    yield (
        "written compactly, but with \\u escapes",
        json.dumps(value, separators=(",", ":")),
    )
    in_order = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    yield "with its keys sorted", in_order
    yield "with its keys sorted and with spaces", json.dumps(value, sort_keys=True)
    yield "with its / escaped (PHP's json_encode)", compact.replace("/", "\\/")
    yield (
        "with / and what is not ASCII escaped (PHP's json_encode)",
        json.dumps(value, separators=(",", ":")).replace("/", "\\/"),
    )
    yield "with < > & escaped (Go's json.Marshal)", compact.translate(_FOR_HTML)
    yield (
        "with its keys sorted and < > & escaped (a map of Go)",
        in_order.translate(_FOR_HTML),
    )
    yield "with < > & = ' escaped (Java's Gson)", compact.translate(_FOR_GSON)
    for spaces in (2, 4):
        yield (
            f"indented by {spaces} spaces",
            json.dumps(value, ensure_ascii=False, indent=spaces),
        )
    yield "as Python's str() shows it", str(value)
    yield "with every space taken out", compact.replace(" ", "")
    yield (
        "as Python's str() shows it, without spaces and with other quotes",
        str(value).replace(" ", "").replace("'", '"'),
    )
    yield "without its nulls", _dumps(_without_nulls(value))


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _without_nulls(value: object) -> object:
    match value:
        case dict():
            return {
                name: _without_nulls(inner)
                for name, inner in value.items()
                if inner is not None
            }
        case list():
            return [_without_nulls(inner) for inner in value]
        case _:
            return value
