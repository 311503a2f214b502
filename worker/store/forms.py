"""The normalised form that leaves this system: JSON values of the contract in docs/data.md."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from worker.store.shapes import Shape


def plain(value: Any) -> Any:
    """Return a JSON value: times as ISO 8601 with `Z`, money as decimal text."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat(
            timespec="milliseconds" if value.microsecond else "seconds"
        )
        return text[:-6] + "Z"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def form(
    shape: Shape, values: Sequence[Any], children: Iterable[Sequence[Any]]
) -> dict[str, Any]:
    """Return a record's fields, and its lines or variants in their own order."""
    made = dict(zip(shape.fields, map(plain, values), strict=True))
    made[shape.children] = [
        dict(zip(shape.child_fields, map(plain, child), strict=True))
        for child in children
    ]
    return made


def differences(
    old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Return `{name: [old, new]}` for the fields that differ; of a new row, for all it has."""
    if old is None:
        return {name: [None, value] for name, value in new.items() if value is not None}
    return {
        name: [old[name], value] for name, value in new.items() if old[name] != value
    }
