"""The recent events, each with the shops that it is about."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from worker.overview.episodes import Episode, episodes
from worker.store.events import Event, recent_events
from worker.store.shops import shops_of_sellers

# Newest events among which alike ones are put together.
_LOOKED_THROUGH = 1_000

Row = dict[str, object]


def event_rows(connection: Connection, *, limit: int) -> list[Row]:
    """Return the newest events, alike ones as one row, with all the shops that they are about.

    One that is about a seller is about that seller's shops.
    """
    events = recent_events(connection, limit=_LOOKED_THROUGH, routine=False)
    told = episodes(events)[:limit]
    sellers = {_seller(event) for episode in told for event in episode.events}
    shops = shops_of_sellers(connection, sellers)
    return [_episode(episode, shops) for episode in told]


def _seller(event: Event) -> tuple[str, str]:
    return event.app_id or "", str(event.detail.get("subject"))


def _about(
    event: Event, shops: Mapping[tuple[str, str], Sequence[str]]
) -> Sequence[str]:
    return shops.get(_seller(event), ()) if event.shop_key is None else [event.shop_key]


def _episode(episode: Episode, shops: Mapping[tuple[str, str], Sequence[str]]) -> Row:
    newest = episode.newest
    keys = list(
        dict.fromkeys(key for event in episode.events for key in _about(event, shops))
    )
    return {
        "at": newest.at,
        "since": episode.since,
        "times": len(episode.events),
        "name": newest.name,
        "shop_key": keys[0] if keys else None,
        "shop_keys": keys,
        "app_id": newest.app_id,
        "detail": newest.detail,
    }
