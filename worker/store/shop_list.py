"""The list of shops, one page at a time: searched, filtered, sorted and cut by the database.

Only what a page is sorted and filtered by is joined; what it shows is read by the keys that
this module returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, false, func, literal, or_, select

from worker.domain.grants import AuthorizationState
from worker.domain.records import Stream
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.streams import streams

# What an operator need not look at: it is well, or just being renewed.
_WELL = (AuthorizationState.ACTIVE.value, AuthorizationState.REFRESHING.value)


class Order(StrEnum):
    """What the list is sorted by."""

    NAME = "name"
    # When the seller must have authorised again.
    ENDS = "ends"
    STATE = "state"
    ORDERS = "orders"
    PRODUCTS = "products"


class Only(StrEnum):
    """Which shops are listed."""

    ALL = "all"
    # Something is wrong that an operator should know.
    TROUBLE = "trouble"
    LATE = "late"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One page of the list, as somebody wants to see it."""

    # Part of a name, key or region.
    search: str = ""
    only: Only = Only.ALL
    order: Order = Order.NAME
    descending: bool = False
    # From 1.
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopPage:
    """The keys of one page, in order, and how many shops there are on all of them."""

    keys: tuple[str, ...]
    count: int


def list_shops(
    connection: Connection,
    wish: Wish,
    *,
    now: datetime,
    targets: Mapping[Stream, timedelta],
) -> ShopPage:
    """Return one page; a page beyond the last one is empty."""
    wanted = [*_search(wish.search), *_filter(wish.only, now, targets)]
    joined = shops.join(authorizations, shops.c.authorization_id == authorizations.c.id)
    column, tables = _sorting(wish.order, joined)
    column = column.desc() if wish.descending else column.asc()
    # Counted on the way: another statement would search all shops once more.
    found = connection.execute(
        select(shops.c.shop_key, func.count().over().label("all_of_them"))
        .select_from(tables)
        .where(*wanted)
        # PostgreSQL and SQLite disagree about where NULL belongs: never pulled is oldest.
        .order_by(
            column.nulls_last() if wish.descending else column.nulls_first(),
            shops.c.shop_key,
        )
        .limit(wish.size)
        .offset((wish.page - 1) * wish.size)
    ).all()
    if found:
        count = found[0].all_of_them
    elif wish.page == 1:
        count = 0
    else:
        count = connection.execute(
            select(func.count()).select_from(joined).where(*wanted)
        ).scalar_one()
    return ShopPage(keys=tuple(row.shop_key for row in found), count=count)


def late(stream: Stream, now: datetime, target: timedelta) -> Any:
    """Return the condition that a stream which should run is behind its target."""
    due_by = literal(now - target, UtcTime())
    # Before its first window, what counts is how long it has been trying.
    since = func.coalesce(streams.c.watermark, streams.c.advanced_at, type_=UtcTime())
    return (
        (streams.c.stream == stream.value)
        & streams.c.next_run_at.is_not(None)
        & (since < due_by)
    )


def failing() -> Any:
    """Return the condition that something is wrong with a stream beside its age."""
    return or_(
        streams.c.failures > 0,
        streams.c.disabled.is_not(None),
        streams.c.stalled_at.is_not(None),
    )


def ailing() -> Any:
    """Return the condition that an authorization is not well."""
    return authorizations.c.state.not_in(_WELL)


def _search(text: str) -> list[Any]:
    if not text:
        return []
    fields = (shops.c.name, shops.c.shop_key, shops.c.region)
    return [or_(*(field.icontains(text, autoescape=True) for field in fields))]


def _filter(
    only: Only, now: datetime, targets: Mapping[Stream, timedelta]
) -> list[Any]:
    behind = or_(
        false(), *(late(each, now, target) for each, target in targets.items())
    )
    match only:
        case Only.TROUBLE:
            return [or_(ailing(), _any_stream(or_(behind, failing())))]
        case Only.LATE:
            return [_any_stream(behind)]
        case Only.PAUSED:
            return [shops.c.paused.is_not(None)]
        case Only.ALL:
            return []


def _any_stream(condition: Any) -> Any:
    # Not a correlated EXISTS: SQLite would look each shop's streams up, one by one.
    return shops.c.shop_key.in_(select(streams.c.shop_key).where(condition))


def _sorting(order: Order, joined: Any) -> tuple[Any, Any]:
    """Return the column to sort by, and the tables that it needs."""
    match order:
        case Order.NAME:
            return func.lower(func.coalesce(shops.c.name, shops.c.shop_id)), joined
        case Order.STATE:
            return authorizations.c.state, joined
        case Order.ENDS:
            ends = func.coalesce(
                authorizations.c.refresh_expires_at, authorizations.c.access_expires_at
            )
            return ends, joined
        case Order.ORDERS | Order.PRODUCTS:
            on = (streams.c.shop_key == shops.c.shop_key) & (
                streams.c.stream == order.value
            )
            return streams.c.watermark, joined.outerjoin(streams, on)
