"""What pulls and histories of an app's shops took, on average; for plans."""

from dataclasses import dataclass

from sqlalchemy import Connection, Float, cast, func, select

from worker.domain.records import Stream
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams

# Rows of one page, by which slices that are done tell the calls that they took.
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """The learned calls per turn of one stream of an app's shops."""

    streams: int
    mean: float
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """How many sellers an app has, and what is known of their work."""

    sellers: int
    shops: int
    # None: nothing was pulled yet.
    orders: Pulls | None
    products: Pulls | None


def fleet_of(connection: Connection, app_id: str) -> Fleet:
    """Return an app's sellers and what their pulls take."""
    sellers, found = connection.execute(
        select(func.count(authorizations.c.id.distinct()), func.count(shops.c.shop_key))
        .select_from(authorizations)
        .join(shops, shops.c.authorization_id == authorizations.c.id)
        .where(authorizations.c.app_id == app_id)
    ).one()
    return Fleet(
        sellers=sellers,
        shops=found,
        orders=_pulls(connection, app_id, Stream.ORDERS),
        products=_pulls(connection, app_id, Stream.PRODUCTS),
    )


def history_calls(connection: Connection, app_id: str) -> tuple[int, float] | None:
    """Return how many shops' histories are complete, and the calls that one took."""
    rows = func.coalesce(slices.c.rows_total, slices.c.rows_seen, 0)
    of_shop = (
        select(func.sum(1 + cast(rows, Float) / _PAGE).label("calls"))
        .join(streams, streams.c.shop_key == slices.c.shop_key)
        .where(streams.c.app_id == app_id, streams.c.stream == slices.c.stream)
        .group_by(slices.c.shop_key)
        .having(func.count() == func.count(slices.c.done_at))
        .subquery()
    )
    count, mean = connection.execute(
        select(func.count(), func.avg(of_shop.c.calls))
    ).one()
    return (count, float(mean)) if count else None


def _pulls(connection: Connection, app_id: str, stream: Stream) -> Pulls | None:
    count, mean, largest = connection.execute(
        select(
            func.count(streams.c.calls),
            func.avg(streams.c.calls),
            func.max(streams.c.calls),
        ).where(streams.c.app_id == app_id, streams.c.stream == stream.value)
    ).one()
    if not count:
        return None
    return Pulls(streams=count, mean=float(mean), largest=float(largest))
