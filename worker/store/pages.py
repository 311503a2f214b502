"""Write one page of records: new and changed ones into all their tables, nothing else.

Older data never overwrites newer. On equal update times the later fetch wins, if the
content differs. A row whose payload is the stored one is not written at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete

from worker.domain.pages import Unreadable
from worker.domain.records import Record, Stream
from worker.store.holding import hold_stream
from worker.store.lookups import (
    Stored,
    among,
    old_forms,
    overtaken,
    stored_rows,
    unreadable_digests,
)
from worker.store.many_rows import ManyRows
from worker.store.personal_data import restore_blanked
from worker.store.record_rows import RecordRows, storable, storable_text
from worker.store.schema.records import unreadable_rows
from worker.store.shapes import SHAPES, Shape

_UNREADABLE = ManyRows(unreadable_rows)
_DIGEST = 16  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a page did to the database, in records."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    # Came with an older update time than the stored row.
    outdated: int = 0
    unreadable: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            added=self.added + other.added,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            outdated=self.outdated + other.outdated,
            unreadable=self.unreadable + other.unreadable,
        )

    @property
    def rows(self) -> int:
        """All records seen."""
        return (
            self.added + self.updated + self.unchanged + self.outdated + self.unreadable
        )


def write_page(
    connection: Connection,
    stream: Stream,
    records: Sequence[Record],
    *,
    marketplace: str,
    shop_key: str,
    now: datetime,
    read_id: int | None = None,
    fetched_at: datetime | None = None,
) -> Written:
    """Bring these records into the database; twice is the same as once.

    `read_id` is the page read that brought them, `fetched_at` the database's time before
    they were asked for.

    Raises:
        LeaseLost: the shop was removed meanwhile.
    """
    newest = _newest(records)
    if not newest:
        return Written()
    hold_stream(connection, shop_key, stream)
    shape = SHAPES[stream]
    stored = stored_rows(connection, shape, shop_key, newest)
    added: dict[str, bytes] = {}
    updated: dict[str, bytes] = {}
    ties: list[str] = []
    unchanged = outdated = 0
    for record_id, record in newest.items():
        digest = _digest(record.raw)
        if record_id not in stored:
            added[record_id] = digest
        elif stored[record_id].content_hash == digest:
            unchanged += 1
        elif _is_older(record, stored[record_id]):
            outdated += 1
        else:
            updated[record_id] = digest
            if not _is_newer(record, stored[record_id]):
                ties.append(record_id)
    fetched_at = fetched_at or now
    for record_id in overtaken(
        connection, stream, shop_key, ties, fetched_at=fetched_at, now=now
    ):
        del updated[record_id]
        outdated += 1
    olds = old_forms(connection, shape, shop_key, updated)
    restore_blanked(connection, stream, shop_key, newest, olds)
    rows = RecordRows(
        stream,
        marketplace=marketplace,
        shop_key=shop_key,
        now=now,
        read_id=read_id,
        fetched_at=fetched_at,
    )
    for record_id, digest in (added | updated).items():
        rows.add(record_id, newest[record_id], digest, olds.get(record_id))
    _forget_children(connection, shape, shop_key, olds)
    rows.write(connection)
    return Written(
        added=len(added), updated=len(updated), unchanged=unchanged, outdated=outdated
    )


def write_unreadable(
    connection: Connection,
    stream: Stream,
    rows: Sequence[Unreadable],
    *,
    shop_key: str,
    now: datetime,
    read_id: int | None = None,
) -> Written:
    """Keep the rows that could not be understood, with the reason.

    What is kept already is not written again: it may have been blanked meanwhile.
    """
    kept = {}
    for row in rows:
        digest = _digest(row.raw)
        (record_id,) = storable([row.record_id or digest.hex()])
        kept[record_id] = digest, row
    known = unreadable_digests(connection, stream, shop_key, kept) if kept else {}
    _UNREADABLE.put(
        connection,
        [
            storable(
                (
                    *(shop_key, stream.value, record_id, row.reason),
                    *(storable_text(row.raw), now, digest, read_id, None),
                )
            )
            for record_id, (digest, row) in kept.items()
            if known.get(record_id) != digest
        ],
    )
    return Written(unreadable=len(rows))


def _newest(records: Iterable[Record]) -> dict[str, Record]:
    """Return the records by id; of two versions the newer one, on a tie the later one."""
    newest: dict[str, Record] = {}
    for record in records:
        (record_id,) = storable([record.record_id])
        known = newest.get(record_id)
        if known is None or not _is_older(record, known):
            newest[record_id] = record
    return newest


def _is_older(record: Record, known: Record | Stored) -> bool:
    return (
        record.updated_at is not None
        and known.updated_at is not None
        and record.updated_at < known.updated_at
    )


def _is_newer(record: Record, known: Stored) -> bool:
    return (
        record.updated_at is not None
        and known.updated_at is not None
        and record.updated_at > known.updated_at
    )


def _forget_children(
    connection: Connection, shape: Shape, shop_key: str, ids: Iterable[str]
) -> None:
    which = {"shop_key": shop_key, "ids": list(ids)}
    if which["ids"]:
        table = shape.child_table
        connection.execute(
            delete(table).where(among(table, shape.id_name)),
            which,
        )


def _digest(raw: bytes) -> bytes:
    # Many processors have instructions for this one, and for no other.
    return sha256(raw).digest()[:_DIGEST]
