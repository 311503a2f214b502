"""Which shops a command means, and why some are left out."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from worker.domain.errors import OperatorError
from worker.runtime import unknown_shop
from worker.store.authorizations import Authorization, all_authorizations
from worker.store.shops import StoredShop, all_shops, find_shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Shops by key, and what is said about those that are left out."""

    shops: tuple[StoredShop, ...]
    left_out: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The shop keys."""
        return tuple(stored.shop.shop_key for stored in self.shops)


def shops_to_pull(connection: Connection, shop_key: str | None) -> Chosen:
    """Return the shop, or all that can be pulled.

    Raises:
        OperatorError: it is not connected, paused or without authorization; or none is left.
    """
    return _choose(connection, shop_key, pausing_matters=True)


def shops_to_refresh(connection: Connection, shop_key: str | None) -> Chosen:
    """Return one shop for each authorization that is asked for; a paused one will do.

    Raises:
        OperatorError: it is not connected or its seller must authorise again; or none is left.
    """
    chosen = _choose(connection, shop_key, pausing_matters=False)
    first = {stored.authorization_id: stored for stored in reversed(chosen.shops)}
    return Chosen(shops=tuple(reversed(first.values())), left_out=chosen.left_out)


def known_shop(connection: Connection, shop_key: str) -> StoredShop:
    """Return a shop by its key.

    Raises:
        OperatorError: no such shop is connected.
    """
    found = find_shop(connection, shop_key)
    if found is None:
        raise unknown_shop(shop_key)
    return found


def _choose(
    connection: Connection, shop_key: str | None, *, pausing_matters: bool
) -> Chosen:
    named = None if shop_key is None else known_shop(connection, shop_key)
    candidates = all_shops(connection) if named is None else [named]
    if not candidates:
        raise OperatorError(
            "no shop is connected; `sellersync connect --help` shows how"
        )
    obstacles = _obstacles(
        candidates, all_authorizations(connection), pausing_matters=pausing_matters
    )
    usable = tuple(
        stored for stored in candidates if stored.shop.shop_key not in obstacles
    )
    if not usable:
        first = next(iter(obstacles.values()))
        more = len(obstacles) - 1
        raise OperatorError(first + (f" (and {more} more)" if more else ""))
    return Chosen(shops=usable, left_out=tuple(obstacles.values()))


def _obstacles(
    candidates: Iterable[StoredShop],
    authorizations: Iterable[Authorization],
    *,
    pausing_matters: bool,
) -> dict[str, str]:
    """Return why shops cannot be worked on, by key."""
    dead = {found.id: found for found in authorizations if found.is_dead}
    obstacles = {}
    for stored in candidates:
        key = stored.shop.shop_key
        if stored.authorization_id in dead:
            state = dead[stored.authorization_id].state
            obstacles[key] = (
                f"{key}: {state}; send the seller the link of `sellersync authorize-url`, "
                "then `sellersync connect`"
            )
        elif stored.paused is not None and pausing_matters:
            obstacles[key] = (
                f"{key} is paused ({stored.paused}); `sellersync shops resume {key}` first"
            )
    return obstacles
