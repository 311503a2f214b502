"""Whether a column is one of many values, in the same statement however many there are.

A list, `IN (…)`, is another statement for each length. PostgreSQL's client has a server
prepare each of them, and forget another one for it: a hundred is what a connection keeps.
https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BinaryExpression,
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    Text,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override


class OneOf(BinaryExpression[bool]):
    """A condition: the left side is among the values of the right one."""

    inherit_cache = True


def one_of(column: ColumnElement[Any], values: Iterable[object]) -> OneOf:
    """Return the condition that a column is one of these texts or numbers."""
    return _one_of(column, bindparam(None, list(values), type_=_Values(column.type)))


def one_of_given(column: ColumnElement[Any], name: str) -> OneOf:
    """Return the same of values that come, as a list, with each execution."""
    return _one_of(column, bindparam(name, type_=_Values(column.type)))


def _one_of(column: ColumnElement[Any], values: BindParameter[Any]) -> OneOf:
    return OneOf(
        column, values, custom_op("one of", is_comparison=True), type_=Boolean()
    )


class _Values(TypeDecorator[Sequence[Any]]):
    """An array where the database has such, else JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.item))
        return super().load_dialect_impl(dialect)

    @override
    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        values = list(value)
        return values if dialect.name == "postgresql" else orjson.dumps(values).decode()


@compiles(OneOf, "postgresql")
def _any_of_an_array(condition: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(condition.left, **options)
    return f"{column} = ANY ({compiler.process(condition.right, **options)})"


@compiles(OneOf, "sqlite")
def _in_json(condition: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(condition.left, **options)
    values = compiler.process(condition.right, **options)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 -- parts of a compiled statement
