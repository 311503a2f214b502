"""The normalised form that leaves this system: JSON values of the contract in docs/data.md."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from worker.store.schema.metadata import sortable
from worker.store.shapes import Shape


def plain(value: Any) -> Any:
    """Return a JSON value: times as ISO 8601 with `Z`, money as decimal text."""
    if isinstance(value, datetime):
        text = sortable(value)
        return text if value.microsecond else text[: len("2026-01-02T03:04:05")] + "Z"
    if isinstance(value, Decimal):
        text = str(value)
        # Only large and tiny amounts are written with an exponent.
        return format(value, "f") if "E" in text else text
    return value


def form(
    shape: Shape, values: Sequence[Any], children: Iterable[Sequence[Any]]
) -> dict[str, Any]:
    """Return a record's fields, and its lines or variants in their own order."""
    made = _named(shape.fields, values)
    made[shape.children] = [_named(shape.child_fields, child) for child in children]
    return made


def _named(names: Sequence[str], values: Iterable[Any]) -> dict[str, Any]:
    # Most values are text or missing, so they are spared the call.
    plain_values = [
        value if type(value) is str or value is None else plain(value)
        for value in values
    ]
    return dict(zip(names, plain_values, strict=True))


def differences(
    old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Return `{name: [old, new]}` for the fields that differ; of a new row, for all it has."""
    if old is None:
        return {name: [None, value] for name, value in new.items() if value is not None}
    return {
        name: [old[name], value] for name, value in new.items() if old[name] != value
    }
