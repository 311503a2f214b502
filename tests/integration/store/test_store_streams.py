"""Streams: whose turn it is, how far they are, and when they are due again."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from tests.integration.store.made_up import (
    APP,
    DAY,
    MINUTE,
    NOW,
    SECOND,
    SHOP_KEY,
    order,
    shop,
)
from tests.integration.store.stream_work import LEASE, claim, finish, request, stored
from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.claims import (
    claim_stream,
    keep_since,
    lease_streams,
    save_progress,
    take_since,
)
from worker.store.giving_back import finish_pull
from worker.store.pages import write_page
from worker.store.progress import Progress
from worker.store.resting import pause_shop, resume_shop
from worker.store.schema.records import orders
from worker.store.shops import remember_shops
from worker.store.streams import all_streams, find_stream
from worker.store.waiting import waiting_streams

pytestmark = pytest.mark.integration


def claim_due(database, *, token="mine", now=NOW, limit=10):
    """Claim what is due, so much of each kind, as a tick does."""
    with database.write() as connection:
        chosen = [
            found.number
            for stream in Stream
            for found in waiting_streams(
                connection, APP.app_id, stream, now=now, limit=limit
            )
        ]
        return lease_streams(connection, chosen, token=token, until=now + LEASE)


def test_the_streams_of_a_new_shop_are_due_at_once(connected):
    """Both of them."""
    claims = claim_due(connected)

    assert {(held.shop_key, held.stream) for held in claims} == {
        (SHOP_KEY, Stream.ORDERS),
        (SHOP_KEY, Stream.PRODUCTS),
    }


def test_a_claimed_stream_is_nobody_elses(connected):
    """Neither by the schedule nor by hand."""
    claim_due(connected, token="first")

    assert claim_due(connected, token="second", now=NOW + SECOND) == []
    assert claim(connected, token="third", now=NOW + SECOND) is None


def test_each_stream_goes_to_exactly_one_of_eight_claimers(connected, seller):
    """They come at once, again and again, until nothing is due."""
    with connected.write() as connection:
        remember_shops(
            connection,
            seller,
            [shop(str(number)) for number in range(50)],
            now=NOW,
            takes=True,
        )
    barrier = Barrier(8)
    claimed: list[tuple[int, str]] = []

    def claim_all(token):
        barrier.wait()
        while mine := claim_due(connected, token=token, limit=7):
            assert len(mine) <= 14
            claimed.extend((held.stream_id, held.lease_token) for held in mine)

    threads = [Thread(target=claim_all, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connected.read() as connection:
        owners = {(row.id, row.lease_token) for row in all_streams(connection)}

    # Whoever found the others' rows locked may have left some to the next tick.
    leftover = [(held.stream_id, "late") for held in claim_due(connected, token="late")]
    assert len(claimed) == len(set(claimed))
    assert len(claimed) + len(leftover) == 50 * 2
    assert set(claimed) <= owners


def test_the_longest_overdue_come_first(connected, seller):
    """In the order of their due times, as many as are asked for."""
    with connected.write() as connection:
        for age in (3, 9, 1, 7, 5):
            remember_shops(
                connection,
                seller,
                [shop(f"{age}0")],
                now=NOW - age * MINUTE,
                takes=True,
            )
    with connected.read() as connection:
        due = {row.id: row.next_run_at for row in all_streams(connection)}
    claims = claim_due(connected, limit=3)

    assert [due[held.stream_id] for held in claims] == [
        NOW - age * MINUTE for age in (9, 7, 5, 9, 7, 5)
    ]


def test_what_is_not_due_yet_is_not_claimed(connected):
    """Until its time has come, to the second."""
    finish(connected, claim(connected), next_run_at=NOW + MINUTE)
    early = claim_due(connected, now=NOW + MINUTE - SECOND)
    in_time = claim_due(connected, now=NOW + MINUTE)

    assert [held.stream for held in early] == [Stream.PRODUCTS]
    assert [held.stream for held in in_time] == [Stream.ORDERS]


def test_a_stream_can_be_claimed_by_hand_before_it_is_due(connected):
    """As long as nobody pulls it."""
    finish(connected, claim(connected), next_run_at=NOW + DAY)

    assert claim(connected, now=NOW + MINUTE) is not None


def test_an_expired_lease_is_claimable_again(connected):
    """Its holder died, or its message was lost; not a moment earlier."""
    claim_due(connected, token="dead")

    assert claim_due(connected, token="early", now=NOW + LEASE) == []
    assert len(claim_due(connected, token="late", now=NOW + LEASE + SECOND)) == 2


def test_a_message_delivered_twice_finds_nothing_to_do(connected):
    """The handed token is swapped for another one by whoever comes first."""
    handed = claim_due(connected, token="handed")
    first = claim(connected, token="first", handed="handed")
    second = claim(connected, token="second", handed="handed")

    assert len(handed) == 2
    assert first is not None
    assert first.lease_token == "first"
    assert second is None


def test_progress_comes_back_as_it_was_saved(connected):
    """With the page that it belongs to."""
    progress = Progress(
        watermark=NOW - DAY,
        window_start=NOW - DAY,
        window_end=NOW,
        section="canceled",
        cursor="token==",
        rows_seen=100,
        rows_total=250,
        shown=b"\x00\xff",
        restarts=2,
        aside=True,
        rest_from=NOW - 2 * DAY,
    )
    held = claim(connected)
    with connected.write() as connection:
        save_progress(connection, held, progress)

    assert stored(connected).progress == progress


@pytest.mark.parametrize(
    "write",
    [
        lambda connection, held: save_progress(connection, held, Progress()),
        lambda connection, held: keep_since(connection, held, NOW),
        take_since,
        lambda connection, held: finish_pull(
            connection, held, now=NOW, next_run_at=NOW
        ),
    ],
    ids=["save_progress", "keep_since", "take_since", "finish_pull"],
)
def test_who_has_lost_the_lease_writes_nothing(connected, write):
    """The whole transaction goes, with the page that was in it."""
    request(connected, since=NOW - DAY)
    frozen = claim(connected, token="frozen")
    claim(connected, token="other", now=NOW + DAY)
    before = stored(connected)

    def wake_up():
        with connected.write() as connection:
            write_page(
                connection,
                Stream.ORDERS,
                [order()],
                marketplace="tiktok_shop",
                shop_key=SHOP_KEY,
                now=NOW,
            )
            write(connection, frozen)

    with pytest.raises(LeaseLost):
        wake_up()
    with connected.read() as connection:
        rows = connection.execute(select(func.count()).select_from(orders))
        assert rows.scalar_one() == 0
    assert stored(connected) == before


def test_a_finished_pull_is_due_when_it_was_planned(connected):
    """And free for everybody; the success is remembered."""
    finish(connected, claim(connected), succeeded_at=NOW)
    row = stored(connected)

    assert row.next_run_at == NOW + 5 * MINUTE
    assert (row.lease_token, row.lease_until) == (None, None)
    assert (row.last_success_at, row.failures, row.last_error) == (NOW, 0, None)


def test_a_failed_pull_remembers_why(connected):
    """The last success stays what it was."""
    finish(connected, claim(connected), succeeded_at=NOW)
    held = claim(connected, now=NOW + DAY)
    finish(connected, held, failures=3, last_error="Unreachable: no answer")
    row = stored(connected)

    assert (row.last_success_at, row.failures) == (NOW, 3)
    assert row.last_error == "Unreachable: no answer"


def test_a_pull_that_ends_does_not_wake_a_shop_that_was_paused_meanwhile(connected):
    """It stays paused until it is resumed."""
    held = claim(connected)
    with connected.write() as connection:
        pause_shop(connection, SHOP_KEY, reason="by the operator")
    request(connected)
    finish(connected, held)
    paused = stored(connected).next_run_at
    with connected.write() as connection:
        resume_shop(connection, SHOP_KEY, now=NOW + DAY)

    assert paused is None
    assert stored(connected).next_run_at == NOW + DAY


def test_the_calls_of_a_turn_are_learned(connected):
    """The first turn as it is, later ones by a fifth each; a failed one tells nothing."""
    finish(connected, claim(connected), calls=10)
    first = stored(connected).calls
    finish(connected, claim(connected), calls=20)
    finish(connected, claim(connected), failures=1)

    assert first == 10
    assert stored(connected).calls == 12


def test_a_disabled_stream_is_not_due(connected):
    """Not even if somebody asks, as a webhook does."""
    finish(connected, claim(connected), next_run_at=None, disabled="no scope")
    request(connected)

    assert stored(connected).disabled == "no scope"
    assert [held.stream for held in claim_due(connected)] == [Stream.PRODUCTS]


def test_a_disabled_stream_that_works_by_hand_is_enabled(connected):
    """Somebody has added the scope."""
    finish(connected, claim(connected), next_run_at=None, disabled="no scope")
    finish(connected, claim(connected))

    assert stored(connected).disabled is None
    assert stored(connected).next_run_at == NOW + 5 * MINUTE


def test_a_shop_that_does_not_exist_has_no_stream(connected):
    """It is no error to ask."""
    with connected.write() as connection:
        found = find_stream(connection, "tiktok_shop:default:404", Stream.ORDERS)
        held = claim_stream(
            connection,
            "tiktok_shop:default:404",
            Stream.ORDERS,
            token="mine",
            now=NOW,
            until=NOW + LEASE,
        )

    assert (found, held) == (None, None)
