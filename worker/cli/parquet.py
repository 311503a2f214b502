"""Exported rows as a Parquet file: times and money as what they are, not as text.

pyarrow is an extra, and only imported when such a file is asked for.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Context, Decimal, InvalidOperation
from itertools import islice
from typing import Any, BinaryIO

import orjson
from sqlalchemy import Column
from sqlalchemy.types import BigInteger

from worker.domain.errors import OperatorError
from worker.domain.records import Stream
from worker.store.schema.metadata import Money, UtcTime
from worker.store.shapes import SHAPES, Shape

Row = dict[str, Any]

# Rows in memory at once, and what a reader of the file can skip at once.
_GROUP = 10_000
# As wide as readers commonly go; what does not fit is refused, never rounded.
_DIGITS, _AFTER_THE_POINT = 38, 9
_SMALLEST = Decimal(1).scaleb(-_AFTER_THE_POINT)


def write_parquet(
    file: BinaryIO, stream: Stream, rows: Iterable[Row], *, raw: bool
) -> None:
    """Write the rows of an export to a file, group by group.

    Raises:
        OperatorError: pyarrow is missing, or an amount does not fit.
        OSError: the file cannot be written.
    """
    arrow, parquet = _libraries()
    schema = _schema(arrow, SHAPES[stream], raw=raw)
    with parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(_typed(row, SHAPES[stream]) for row in rows):
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))


def require_parquet() -> None:
    """Prove that Parquet files can be written here.

    Raises:
        OperatorError: the extra is not installed.
    """
    _libraries()


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 -- an extra
        from pyarrow import parquet  # noqa: PLC0415 -- an extra
    except ImportError:
        raise OperatorError(
            "Parquet needs pyarrow: `pip install 'sellersync[parquet]'`, "
            "or export JSON lines"
        ) from None
    return pa, parquet


def _schema(arrow: Any, shape: Shape, *, raw: bool) -> Any:
    """Return the columns, in the order of the fields of an export."""

    def kind(column: Column[Any]) -> Any:
        if isinstance(column.type, UtcTime):
            return arrow.timestamp("ms", tz="UTC")
        if isinstance(column.type, Money):
            return arrow.decimal128(_DIGITS, _AFTER_THE_POINT)
        if isinstance(column.type, BigInteger):
            return arrow.int64()
        return arrow.string()

    own = ("marketplace", "shop_key", shape.id_name, *shape.fields)
    child = arrow.struct(
        [(name, kind(shape.child_table.c[name])) for name in shape.child_fields]
    )
    return arrow.schema(
        [
            *((name, kind(shape.table.c[name])) for name in own),
            (shape.children, arrow.list_(child)),
            *([("raw", arrow.string())] if raw else []),
        ]
    )


def _typed(row: Row, shape: Shape) -> Row:
    """Return a row with times and amounts in place of their texts."""
    typed = _with_types(row, shape.table.c, of=row[shape.id_name])
    typed[shape.children] = [
        _with_types(child, shape.child_table.c, of=row[shape.id_name])
        for child in row[shape.children]
    ]
    if row.get("raw") is not None:
        typed["raw"] = orjson.dumps(row["raw"]).decode()
    return typed


def _with_types(row: Row, columns: Any, *, of: str) -> Row:
    typed = dict(row)
    for name, value in row.items():
        kind = columns[name].type if name in columns else None
        if value is None:
            continue
        if isinstance(kind, UtcTime):
            typed[name] = datetime.fromisoformat(value)
        elif isinstance(kind, Money):
            typed[name] = _amount(Decimal(value), name=name, of=of)
    return typed


def _amount(amount: Decimal, *, name: str, of: str) -> Decimal:
    try:
        exact = amount.quantize(_SMALLEST, context=Context(prec=_DIGITS))
    except InvalidOperation:
        exact = None
    if exact != amount:
        raise OperatorError(
            f"{name} of {of} has more digits than a Parquet column of money holds "
            f"({_DIGITS}, {_AFTER_THE_POINT} after the point); export JSON lines"
        )
    return amount


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while group := list(islice(rows, _GROUP)):
        yield group
