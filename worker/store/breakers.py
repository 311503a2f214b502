"""Shops whose pulls keep failing: counted, resting, and back."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, exists, select, update

from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.streams import streams


def count_failure(connection: Connection, shop_key: str) -> tuple[int, datetime | None]:
    """Count one more failed pull; return how many in a row, and since when it rests."""
    row = connection.execute(
        update(shops)
        .where(shops.c.shop_key == shop_key)
        .values(failures=shops.c.failures + 1)
        .returning(shops.c.failures, shops.c.broken_since)
    ).one_or_none()
    # Removed meanwhile: whoever holds its stream finds out.
    return (0, None) if row is None else (row.failures, row.broken_since)


def count_success(connection: Connection, shop_key: str) -> datetime | None:
    """Forget the failures of a shop; return since when it rested because of them."""
    return connection.execute(
        update(shops)
        .where(shops.c.shop_key == shop_key, shops.c.failures > 0)
        .values(failures=0)
        .returning(shops.c.broken_since)
    ).scalar_one_or_none()


def open_breaker(connection: Connection, shop_key: str, *, now: datetime) -> None:
    """Note that a shop rests from now on."""
    connection.execute(
        update(shops).where(shops.c.shop_key == shop_key).values(broken_since=now)
    )


def close_breaker(
    connection: Connection, shop_key: str, *, but: Stream, now: datetime
) -> None:
    """Note that a shop works again; what waited for that is due."""
    connection.execute(
        update(shops).where(shops.c.shop_key == shop_key).values(broken_since=None)
    )
    _move(
        connection,
        streams.c.shop_key == shop_key,
        streams.c.stream != but.value,
        streams.c.next_run_at > now,
        to=now,
    )


def are_others_tried(
    connection: Connection, shop_key: str, stream: Stream, *, until: datetime
) -> bool:
    """Whether another shop of the same app is being pulled, or is due by then."""
    app_id = (
        select(streams.c.app_id)
        .where(streams.c.shop_key == shop_key, streams.c.stream == stream.value)
        .scalar_subquery()
    )
    tried = exists().where(
        streams.c.app_id == app_id,
        # All of them: the index goes on with when they are due.
        streams.c.stream.in_([each.value for each in Stream]),
        streams.c.next_run_at <= until,
        streams.c.shop_key != shop_key,
    )
    return bool(connection.execute(select(tried)).scalar_one())


def postpone_streams(
    connection: Connection, shop_key: str, *, but: Stream, until: datetime
) -> None:
    """Let the other streams of a shop rest until then, those that nobody works on."""
    _move(
        connection,
        streams.c.shop_key == shop_key,
        streams.c.stream != but.value,
        streams.c.next_run_at < until,
        to=until,
    )


def try_alike_again(
    connection: Connection,
    shop_key: str,
    broken_since: datetime,
    *,
    within: timedelta,
    now: datetime,
) -> None:
    """Try those shops of the same app at once that began to fail at about the same time."""
    app_id = (
        select(authorizations.c.app_id)
        .join(shops, shops.c.authorization_id == authorizations.c.id)
        .where(shops.c.shop_key == shop_key)
        .scalar_subquery()
    )
    alike = select(shops.c.shop_key).where(
        shops.c.broken_since.between(broken_since - within, broken_since + within)
    )
    _move(
        connection,
        streams.c.shop_key.in_(alike),
        streams.c.app_id == app_id,
        streams.c.next_run_at > now,
        to=now,
    )


def _move(connection: Connection, *wanted: ColumnElement[bool], to: datetime) -> None:
    """Change when streams are due that nobody works on, nor changes at this moment."""
    resting = (
        select(streams.c.id)
        .where(*wanted, streams.c.lease_token.is_(None))
        .with_for_update(skip_locked=True)
    )
    chosen = connection.execute(resting).scalars().all()
    if chosen:
        connection.execute(
            update(streams).where(one_of(streams.c.id, chosen)).values(next_run_at=to)
        )
