"""Alike events that followed each other are told once."""

from datetime import UTC, datetime, timedelta

from worker.overview.episodes import episodes
from worker.store.events import Event

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
APP = "temu:eu:made-up"


def event(minutes_ago, name="pull_failed", *, shop="1", zone="eu", app=None, **detail):
    """Return an event of so many minutes ago."""
    return Event(
        at=NOW - timedelta(minutes=minutes_ago),
        name=name,
        shop_key=f"temu:{zone}:{shop}" if shop else None,
        app_id=app,
        detail={"stream": "orders", "kind": "RetryLater"} | detail,
    )


def told(*events):
    """Return how often each episode happened, newest first."""
    return [len(episode.events) for episode in episodes(events)]


def test_what_all_shops_say_is_told_once():
    """The newest is told in detail; it began with the oldest."""
    (episode,) = episodes([event(1, shop="3"), event(2, shop="2"), event(9, shop="1")])

    assert episode.newest.shop_key == "temu:eu:3"
    assert episode.since == NOW - timedelta(minutes=9)


def test_what_is_different_is_told_by_itself():
    """Each in its place, by what an operator would do about it."""
    others = (
        event(1, "shop_failing"),
        event(1, zone="us"),
        event(1, stream="products"),
        event(1, kind="AccessDenied"),
        event(1, queue="pull"),
        event(1, days=1),
        event(1, days=30),
        event(1, outcome="lost"),
    )

    assert told(event(0), *others, event(2)) == [2] + len(others) * [1]


def test_a_story_ends_when_nothing_follows():
    """It may last for hours, if there is more of it every few minutes."""
    lasting = [event(minutes) for minutes in range(0, 180, 9)]

    assert told(*lasting) == [20]
    assert told(*lasting, event(190)) == [20, 1]


def test_what_was_different_each_time_does_not_tell_them_apart():
    """A reason names the kind of error first."""
    reasons = [
        event(1, "shop_failing", kind=None, reason=f"RetryLater: request {number}")
        for number in range(3)
    ]
    other = event(1, "shop_failing", kind=None, reason="AccessDenied: request 4")

    assert told(*reasons, other) == [3, 1]


def test_an_event_of_an_app_belongs_to_its_zone():
    """Those of sellers have no shop."""
    sellers = [event(1, "seller_connected", shop=None, app=APP) for _ in range(2)]
    elsewhere = event(1, "seller_connected", shop=None, app="temu:us:made-up")

    assert told(*sellers, elsewhere) == [2, 1]


def test_nothing_happened():
    """No event, no episode."""
    assert episodes([]) == []
