"""Slices: made, handed out fairly, owned by one reader, counted for the certificate."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from tests.integration.store.made_up import (
    APP,
    DAY,
    MINUTE,
    NOW,
    SECOND,
    SHOP_KEY,
    shop,
)
from worker.domain.errors import LeaseLost
from worker.domain.pages import Window
from worker.domain.records import Stream
from worker.schedule.backfill import claim_waiting_slices
from worker.schedule.places import Lane
from worker.schedule.stalls import tell_stalls
from worker.store.certificates import StoredHistory, all_histories, mark_stalled
from worker.store.events import recent_events
from worker.store.progress import Progress
from worker.store.resting import pause_shop, resume_shop
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.shops import remember_shops
from worker.store.slice_claims import claim_slice, claim_slices_of
from worker.store.slice_outcomes import (
    finish_slice,
    give_back_slice,
    save_slice,
    split_slice,
)
from worker.store.slices import add_slices, slices_of
from worker.store.streams import find_stream

pytestmark = pytest.mark.integration

LEASE = 2 * MINUTE
OTHER_KEY = shop("9").shop_key
EVERY = dict.fromkeys(Stream, 5 * MINUTE)


def add(database, *windows, shop_key=SHOP_KEY, stream=Stream.ORDERS):
    """Cut the history of a stream into these."""
    with database.write() as connection:
        add_slices(connection, shop_key, stream, windows, now=NOW)


def days(count, *, first=0):
    """Return slices of a day each, the most recent first."""
    return [Window(NOW - (n + 1) * DAY, NOW - n * DAY) for n in range(first, count)]


def claim(database, *, token="mine", now=NOW, limit=1):
    """Claim slices of the shop's orders, due or not."""
    with database.write() as connection:
        return claim_slices_of(
            connection,
            SHOP_KEY,
            Stream.ORDERS,
            token=token,
            now=now,
            until=now + LEASE,
            limit=limit,
        )


def hand_out(database, *, places=12, most=12, per_shop=True):
    """Claim slices for the free places."""
    return claim_waiting_slices(
        database,
        lease=LEASE,
        lanes={APP.app_id: Lane(most=most, per_shop=per_shop)},
        places=places,
    )


def stored(database):
    """Return the slices of the shop's orders."""
    with database.read() as connection:
        return slices_of(connection, SHOP_KEY, Stream.ORDERS)


def summary(database):
    """Return the history of the shop's orders, taken together."""
    with database.read() as connection:
        return all_histories(connection).get((SHOP_KEY, Stream.ORDERS))


def test_the_most_recent_slices_are_claimed_first(connected):
    """Of one stream, due or not."""
    add(connected, *reversed(days(4)))
    claims = claim(connected, limit=2)

    ends = {part.id: part.progress.window_end for part in stored(connected)}
    assert sorted(ends[held.slice_id] for held in claims) == [NOW - DAY, NOW]


def test_a_claimed_slice_is_nobody_elses(connected):
    """Until its lease ends."""
    add(connected, *days(1))
    (held,) = claim(connected)
    assert claim(connected, token="other", now=NOW + MINUTE) == []

    (taken,) = claim(connected, token="other", now=NOW + 3 * MINUTE)
    with pytest.raises(LeaseLost), connected.write() as connection:
        save_slice(connection, held, Progress(window_end=NOW))
    with connected.write() as connection:
        save_slice(connection, taken, Progress(window_end=NOW, cursor="2"))
    assert stored(connected)[0].progress.cursor == "2"


def test_a_message_that_comes_twice_finds_nothing_to_do(connected):
    """Its token is swapped for a new one."""
    add(connected, *days(1))
    (handed,) = claim(connected, token="in the message")

    def deliver(token):
        with connected.write() as connection:
            return claim_slice(
                connection,
                handed.slice_id,
                token=token,
                until=NOW + LEASE,
                handed="in the message",
            )

    assert deliver("first") is not None
    assert deliver("second") is None


def test_the_walk_comes_back_as_it_was_saved(connected):
    """With the page that it belongs to."""
    add(connected, *days(1))
    (held,) = claim(connected)
    progress = Progress(
        window_start=NOW - DAY,
        window_end=NOW,
        section="canceled",
        cursor="token==",
        rows_seen=100,
        rows_total=250,
        shown=b"\x00\xff",
        restarts=2,
    )
    with connected.write() as connection:
        save_slice(connection, held, progress)

    assert stored(connected)[0].progress == progress


def test_a_split_slice_becomes_several_and_the_claimed_one_is_the_first(connected):
    """The others wait for readers."""
    add(connected, Window(None, NOW))
    (held,) = claim(connected)
    parts = [Window(NOW - DAY, NOW), Window(None, NOW - DAY)]
    with connected.write() as connection:
        split_slice(connection, held, parts, now=NOW)

    first, second = stored(connected)
    assert (first.id, first.lease_token) == (held.slice_id, "mine")
    assert (second.lease_token, second.next_run_at) == (None, NOW)
    assert [
        (part.progress.window_start, part.progress.window_end)
        for part in (first, second)
    ] == [(NOW - DAY, NOW), (None, NOW - DAY)]


def test_slices_wait_while_their_shop_is_paused(connected):
    """And go on when it is resumed."""
    add(connected, *days(2))
    with connected.write() as connection:
        pause_shop(connection, SHOP_KEY, reason="holiday")
    assert hand_out(connected) == []

    with connected.write() as connection:
        resume_shop(connection, SHOP_KEY, now=NOW)
    assert len(hand_out(connected)) == 2


def test_slices_that_wait_for_their_next_attempt_are_not_handed_out(connected):
    """Nor those that are done."""
    add(connected, *days(3))
    done, failed = claim(connected, limit=2)
    with connected.write() as connection:
        finish_slice(connection, done, now=NOW)
        give_back_slice(connection, failed, next_run_at=NOW + 99_999 * DAY, failures=1)

    assert len(hand_out(connected)) == 1


def test_places_are_shared_by_shops(connected, seller):
    """One shop's hundred slices leave room for the other one's two."""
    with connected.write() as connection:
        remember_shops(connection, seller, [shop("9")], now=NOW, takes=True)
    add(connected, *days(100))
    add(connected, *days(102, first=100), shop_key=OTHER_KEY)
    claims = hand_out(connected)

    keys = [held.shop_key for held in claims]
    assert (keys.count(SHOP_KEY), keys.count(OTHER_KEY)) == (10, 2)
    assert hand_out(connected) == []


def test_eight_who_hand_out_at_once_fill_the_places_once(connected):
    """The tick and seven readers that are done."""
    add(connected, *days(40))
    barrier = Barrier(8)
    claims = []

    def run():
        barrier.wait()
        claims.extend(hand_out(connected))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({held.slice_id for held in claims}) == len(claims) == 12


def test_the_history_of_a_stream_is_summed_up(connected):
    """How much is open, and from where on it is not."""
    assert summary(connected) is None
    add(connected, *days(3))
    first, _, third = claim(connected, limit=3)
    with connected.write() as connection:
        finish_slice(connection, first, now=NOW)
        give_back_slice(
            connection, third, next_run_at=NOW, failures=2, last_error="RetryLater: no"
        )

    assert summary(connected) == StoredHistory(
        slices=3,
        open=2,
        open_until=NOW - DAY,
        begins_at=NOW - 3 * DAY,
        failures=2,
        last_error="RetryLater: no",
    )


def test_a_slice_without_a_start_reaches_back_to_the_beginning(connected):
    """However many other slices have one."""
    add(connected, *days(2), Window(None, NOW - 2 * DAY))

    assert summary(connected).begins_at is None


def events(database):
    """Return the names of what happened, the oldest first."""
    with database.read() as connection:
        found = recent_events(connection, limit=99)
    return [event.name for event in reversed(found) if "stream_" in event.name]


def move(database, *, ago, **values):
    """Pretend that the shop's orders moved last so long ago; the products just now."""
    with database.write() as connection:
        connection.execute(streams.update().values(next_run_at=None))
        connection.execute(
            streams.update()
            .where(streams.c.stream == Stream.ORDERS.value)
            .values(next_run_at=NOW, advanced_at=_now() - ago, **values)
        )


def _now():
    return datetime.now(UTC)


def test_a_stall_is_told_once_and_so_is_its_end(connected):
    """Whatever the tasks return: only the watermark counts."""
    move(connected, ago=14 * MINUTE, last_success_at=NOW)
    assert tell_stalls(connected, EVERY) == (0, 0)

    move(connected, ago=16 * MINUTE, last_success_at=NOW)
    assert tell_stalls(connected, EVERY) == (1, 0)
    assert tell_stalls(connected, EVERY) == (0, 0)

    move(connected, ago=SECOND)
    assert tell_stalls(connected, EVERY) == (0, 1)
    assert tell_stalls(connected, EVERY) == (0, 0)
    assert events(connected) == ["stream_stalled", "stream_recovered"]


def test_a_stalled_stream_that_is_paused_has_not_recovered(connected):
    """Nothing is told; if it stalls again after that, it is news again."""
    move(connected, ago=timedelta(hours=1))
    tell_stalls(connected, EVERY)
    with connected.write() as connection:
        pause_shop(connection, SHOP_KEY, reason="holiday")
    assert tell_stalls(connected, EVERY) == (0, 0)

    move(connected, ago=timedelta(hours=1))
    assert tell_stalls(connected, EVERY) == (1, 0)
    assert events(connected) == ["stream_stalled", "stream_stalled"]


def test_two_who_look_at_once_tell_once(connected):
    """Two beats do no harm: the second one finds it noted."""
    with connected.read() as connection:
        stored = find_stream(connection, SHOP_KEY, Stream.ORDERS)
    assert stored is not None
    noted = []
    for moment in (NOW, NOW, None, None):
        with connected.write() as connection:
            noted.append(mark_stalled(connection, stored.id, stalled_at=moment))

    assert noted == [True, False, True, False]


def test_a_resumed_shop_is_not_stalled_at_once(connected):
    """What it did not do while it was paused is no stall."""
    move(connected, ago=timedelta(days=9))
    with connected.write() as connection:
        pause_shop(connection, SHOP_KEY, reason="holiday")
        resume_shop(connection, SHOP_KEY, now=_now())

    assert tell_stalls(connected, EVERY) == (0, 0)


def test_slices_go_with_their_stream(connected):
    """By the database itself."""
    add(connected, *days(2))
    with connected.write() as connection:
        connection.execute(streams.delete())

    with connected.read() as connection:
        assert connection.execute(slices.select()).all() == []
