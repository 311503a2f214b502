"""Blank personal data that is old: in payloads, in rows and in the change feed.

Each function does one bounded batch in the caller's transaction and says how many rows
it has looked at; nothing else has to be remembered, so it may be stopped anywhere. The
hash of a record's payload stays, so reading the same order again brings nothing back. An
order that has changed is stored anew, with what it holds, and grows old anew.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from worker.domain.errors import LeaseLost
from worker.domain.records import PERSONAL_FIELDS, Record, Stream
from worker.store.feed import blanked_through, set_mark
from worker.store.forms import form
from worker.store.holding import hold_stream
from worker.store.membership import one_of
from worker.store.schema.feed import changes
from worker.store.schema.records import raw_payloads, unreadable_rows
from worker.store.shapes import SHAPES

# One transaction's share: a page is waiting behind it.
_PAYLOADS = 200
_CHANGES = 500

# Nothing tells what is personal in a row that could not be understood.
_NOTHING = "null"

# Takes the personal data out of a payload of a shop's stream.
Blanker = Callable[[str, Stream, str], str]


def blank_payloads(
    connection: Connection, *, before: datetime, now: datetime, blanked: Blanker
) -> int:
    """Blank some of the oldest payloads, all of one stream, and their rows' own fields."""
    columns = raw_payloads.c
    due = (columns.blanked_at.is_(None), columns.fetched_at < before)
    first = connection.execute(
        select(columns.shop_key, columns.stream)
        .where(*due)
        .order_by(columns.fetched_at)
        .limit(1)
    ).one_or_none()
    if first is None:
        return 0
    stream = Stream(first.stream)
    # Of a shop that was removed meanwhile nobody writes.
    with suppress(LeaseLost):
        hold_stream(connection, first.shop_key, stream)
    of_stream = (columns.shop_key == first.shop_key, columns.stream == first.stream)
    rows = connection.execute(
        select(columns.record_id, columns.payload)
        .where(*due, *of_stream)
        .order_by(columns.fetched_at)
        .limit(_PAYLOADS)
    ).all()
    if rows:
        _overwrite(connection, first.shop_key, stream, rows, now, blanked)
    return len(rows)


def blank_unreadable(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Forget the payloads of some of the oldest rows that could not be understood."""
    columns = unreadable_rows.c
    keys = connection.execute(
        select(columns.shop_key, columns.stream, columns.record_id)
        .where(columns.blanked_at.is_(None), columns.fetched_at < before)
        .order_by(columns.fetched_at)
        .limit(_PAYLOADS)
        .with_for_update(skip_locked=True)
    ).all()
    for key in keys:
        connection.execute(
            update(unreadable_rows)
            .where(
                columns.shop_key == key.shop_key,
                columns.stream == key.stream,
                columns.record_id == key.record_id,
            )
            .values(payload=_NOTHING, blanked_at=now)
        )
    return len(keys)


def blank_changes(connection: Connection, *, before: datetime) -> int:
    """Blank some of the oldest changes; what was changed stays, but not from what to what."""
    columns = changes.c
    rows = connection.execute(
        select(columns.seq, columns.at, columns.stream, columns.fields)
        .where(columns.seq > blanked_through(connection))
        .order_by(columns.seq)
        .limit(_CHANGES)
    ).all()
    due = list(takewhile(lambda row: row.at < before, rows))
    for row in due:
        names = PERSONAL_FIELDS[Stream(row.stream)] & row.fields.keys()
        if names:
            fields = row.fields | {name: [None, None] for name in names}
            connection.execute(
                update(changes).where(columns.seq == row.seq).values(fields=fields)
            )
    if due:
        set_mark(connection, "blanked_through", due[-1].seq)
    return len(due)


def restore_blanked(
    connection: Connection,
    stream: Stream,
    shop_key: str,
    records: Mapping[str, Record],
    olds: Mapping[str, dict[str, Any]],
) -> None:
    """Put what was blanked back into the old forms, as far as the new ones tell it.

    What we have forgotten is no change of the marketplace's.
    """
    names = PERSONAL_FIELDS[stream]
    suspects = [
        record_id
        for record_id, old in olds.items()
        if any(
            old[name] is None and getattr(records[record_id], name) for name in names
        )
    ]
    for record_id in _blanked(connection, stream, shop_key, suspects):
        shape = SHAPES[stream]
        values = [getattr(records[record_id], name) for name in shape.fields]
        new = form(shape, values, ())
        olds[record_id].update({name: new[name] for name in names})


def _overwrite(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    rows: Iterable[Any],
    now: datetime,
    blanked: Blanker,
) -> None:
    columns, shape = raw_payloads.c, SHAPES[stream]
    heads, names = shape.table.c, PERSONAL_FIELDS[stream]
    keys = [{"key": row.record_id} for row in rows]
    if names:
        connection.execute(
            update(shape.table)
            .where(
                heads.shop_key == shop_key,
                heads[shape.id_name] == bindparam("key"),
            )
            .values({heads[name]: None for name in names}),
            keys,
        )
    connection.execute(
        update(raw_payloads)
        .where(
            columns.shop_key == shop_key,
            columns.stream == stream.value,
            columns.record_id == bindparam("key"),
        )
        .values(payload=bindparam("text"), blanked_at=now),
        [
            {"key": row.record_id, "text": blanked(shop_key, stream, row.payload)}
            for row in rows
        ],
    )


def _blanked(
    connection: Connection, stream: Stream, shop_key: str, ids: list[str]
) -> list[str]:
    if not ids:
        return []
    columns = raw_payloads.c
    return list(
        connection.execute(
            select(columns.record_id).where(
                columns.shop_key == shop_key,
                columns.stream == stream.value,
                one_of(columns.record_id, ids),
                columns.blanked_at.is_not(None),
            )
        ).scalars()
    )
