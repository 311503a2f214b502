"""Turn records into the rows of all their tables, and write those."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from worker.domain.records import Record, Stream
from worker.store.forms import differences, form
from worker.store.many_rows import ManyRows
from worker.store.schema.feed import changes
from worker.store.schema.records import raw_payloads
from worker.store.shapes import SHAPES

_HEADS = {stream: ManyRows(shape.table) for stream, shape in SHAPES.items()}
_CHILDREN = {stream: ManyRows(shape.child_table) for stream, shape in SHAPES.items()}
_PAYLOADS = ManyRows(raw_payloads)
_CHANGES = ManyRows(changes)

# PostgreSQL numbers changes before their transaction commits. Without this lock a reader
# could pass a number that shows up later, and would never see that change.
_FEED_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('sellersync.changes'))")

_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """The rows of some records, by table."""

    heads: list[_Row] = field(default_factory=list)
    children: list[_Row] = field(default_factory=list)
    payloads: list[_Row] = field(default_factory=list)


class RecordRows:
    """The rows of some records of one stream."""

    def __init__(
        self,
        stream: Stream,
        *,
        marketplace: str,
        shop_key: str,
        now: datetime,
        read_id: int | None,
        fetched_at: datetime,
    ) -> None:
        self._stream = stream
        self._shape = SHAPES[stream]
        self._marketplace = marketplace
        self._shop_key = shop_key
        self._now = now
        self._read_id = read_id
        self._fetched_at = fetched_at
        self._values = attrgetter(*self._shape.fields)
        self._child_values = attrgetter(*self._shape.child_fields)
        self._new = _Parts()
        self._replacing = _Parts()
        self._changes: list[_Row] = []

    def add(
        self,
        record_id: str,
        record: Record,
        digest: bytes,
        old: Mapping[str, Any] | None,
    ) -> None:
        """Add a record; `old` is the form of the stored one that it replaces."""
        shop_key, stream, now = self._shop_key, self._stream.value, self._now
        read_id = self._read_id
        parts = self._new if old is None else self._replacing
        values = storable(self._values(record))
        children = self._distinct_children(record)
        parts.heads.append((self._marketplace, shop_key, record_id, *values, digest))
        parts.children.extend(
            (shop_key, record_id, position, *child)
            for position, child in enumerate(children)
        )
        payload = storable_text(record.raw)
        parts.payloads.append(
            (shop_key, stream, record_id, payload, self._fetched_at, read_id, None)
        )
        fields = differences(old, form(self._shape, values, children))
        if fields:
            kind = _kind(old, fields)
            at = record.updated_at
            self._changes.append(
                (now, shop_key, stream, record_id, kind, fields, at, read_id)
            )

    def write(self, connection: Connection) -> None:
        """Write all rows; the feed comes last, as only one transaction at a time may.

        The children of replaced records are gone already.
        """
        if not self._added(connection):
            self._put(connection, self._new)
        self._put(connection, self._replacing)
        if self._changes:
            take_feed_turn(connection)
        _CHANGES.add(connection, self._changes)

    def _added(self, connection: Connection) -> bool:
        """Add the rows of new records, where that is faster; False: they were not added.

        A row without its record is there if somebody has deleted by hand.
        """
        if connection.dialect.name != "postgresql" or not self._new.heads:
            return False
        try:
            with connection.begin_nested():
                _HEADS[self._stream].add(connection, self._new.heads)
                _CHILDREN[self._stream].add(connection, self._new.children)
                _PAYLOADS.add(connection, self._new.payloads)
        except IntegrityError:
            return False
        return True

    def _put(self, connection: Connection, parts: _Parts) -> None:
        _HEADS[self._stream].put(connection, parts.heads)
        _CHILDREN[self._stream].put(connection, parts.children)
        _PAYLOADS.put(connection, parts.payloads)

    def _distinct_children(self, record: Record) -> list[_Row]:
        """Return the children in their order, of two with the same id the later one."""
        found = map(
            storable, map(self._child_values, getattr(record, self._shape.children))
        )
        return list({child[0]: child for child in found}.values())


def take_feed_turn(connection: Connection) -> None:
    """Wait until no other transaction writes changes; on SQLite none can."""
    if connection.dialect.name == "postgresql":
        connection.execute(_FEED_LOCK)


def storable(values: Iterable[Any]) -> _Row:
    """Return what both databases take: plain text, and no NUL, which PostgreSQL refuses.

    Of a word of ours, a `StrEnum`, `replace` makes plain text too.
    """
    return tuple(
        [
            value.replace("\0", "\N{REPLACEMENT CHARACTER}")
            if isinstance(value, str)
            else value
            for value in values
        ]
    )


def storable_text(raw: bytes) -> str:
    """Return a payload as text that both databases take."""
    return raw.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _kind(old: Mapping[str, Any] | None, fields: Mapping[str, list[Any]]) -> str:
    if old is None:
        return "added"
    if "status" in fields and fields["status"][1] == "deleted":
        return "deleted"
    return "updated"
