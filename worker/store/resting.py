"""Shops that rest, as somebody said so or their authorization is dead, and that go on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from worker.store.membership import one_of
from worker.store.schema.accounts import shops
from worker.store.schema.streams import streams


def pause_shop(connection: Connection, shop_key: str, *, reason: str) -> None:
    """Stop pulling a shop until it is resumed."""
    connection.execute(
        update(shops).where(shops.c.shop_key == shop_key).values(paused=reason)
    )
    connection.execute(
        update(streams).where(streams.c.shop_key == shop_key).values(next_run_at=None)
    )


def resume_shop(connection: Connection, shop_key: str, *, now: datetime) -> None:
    """Pull a shop again, from where it stopped; also what was disabled for lack of a scope."""
    connection.execute(
        update(shops).where(shops.c.shop_key == shop_key).values(paused=None)
    )
    make_due(connection, [shop_key], now=now)


def suspend_streams(connection: Connection, keys: Sequence[str]) -> None:
    """Stop all streams of the shops of a dead authorization."""
    connection.execute(
        update(streams).where(one_of(streams.c.shop_key, keys)).values(next_run_at=None)
    )


def revive_streams(
    connection: Connection, authorization_id: int, *, now: datetime
) -> None:
    """Start the streams of an authorization again, but not those of paused shops."""
    running = connection.execute(
        select(shops.c.shop_key).where(
            shops.c.authorization_id == authorization_id, shops.c.paused.is_(None)
        )
    )
    make_due(connection, list(running.scalars()), now=now)


def make_due(connection: Connection, keys: Sequence[str], *, now: datetime) -> None:
    """Pull these shops at once; what failed before is forgotten."""
    connection.execute(
        update(streams)
        .where(one_of(streams.c.shop_key, keys))
        .values(
            next_run_at=now,
            disabled=None,
            failures=0,
            last_error=None,
            # What it did not do while it rested is no stall.
            advanced_at=now,
        )
    )
    connection.execute(
        update(shops)
        .where(one_of(shops.c.shop_key, keys))
        .values(failures=0, broken_since=None)
    )
