"""The lease of a refresh: one holder at a time, the most urgent first."""

from threading import Barrier, Thread

import pytest

from tests.integration.store.grant_work import LEASE, adopt, save, stored, take
from tests.integration.store.made_up import APP, DAY, MINUTE, NOW, SECOND, grant
from worker.domain.grants import AuthorizationState
from worker.store.apps import remember_app
from worker.store.grants import adopt_grant, save_state
from worker.store.refresh_leases import release_lease
from worker.store.waiting import lease_refreshes, waiting_refreshes

pytestmark = pytest.mark.integration


def claim_due(database, owner, *, now=NOW + DAY, limit=10):
    """Lease what is due."""
    with database.write() as connection:
        waiting = waiting_refreshes(
            connection, APP.app_id, due_before=now, now=now, limit=limit
        )
        chosen = [each.number for each in waiting]
        lease_refreshes(connection, chosen, owner=owner, until=now + LEASE)
        return chosen


def test_one_of_many_gets_the_lease(database, seller):
    """They come at once; the others see that somebody is at it."""
    barrier = Barrier(8)
    taken = []

    def compete(owner):
        barrier.wait()
        taken.append(take(database, seller, owner))

    threads = [Thread(target=compete, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == [False] * 7 + [True]


def test_a_lease_ends_by_itself_or_is_given_back(database, seller):
    """Only its owner can give it back."""
    take(database, seller, "first")
    too_early = take(database, seller, "second", now=NOW + LEASE)
    in_time = take(database, seller, "second", now=NOW + LEASE + SECOND)
    with database.write() as connection:
        release_lease(connection, seller, owner="first")
    still_held = take(database, seller, "third", now=NOW + LEASE + SECOND)
    with database.write() as connection:
        release_lease(connection, seller, owner="second")
    free = take(database, seller, "third", now=NOW + LEASE + SECOND)

    assert (too_early, in_time, still_held, free) == (False, True, False, True)


def test_a_handed_lease_is_taken_over_once(database, seller):
    """The message that carries it may be delivered twice."""
    claim_due(database, "tick")
    first = take(database, seller, "first", now=NOW + DAY, handed="tick")
    second = take(database, seller, "second", now=NOW + DAY, handed="tick")

    assert (first, second) == (True, False)


def test_a_holder_that_was_frozen_cannot_overwrite_newer_tokens(
    database, seller, sealer
):
    """It wakes up after its lease, with tokens that are not the newest any more."""
    take(database, seller, "frozen")
    take(database, seller, "other", now=NOW + DAY)
    newer = save(database, seller, sealer, grant(access_token="newer"), replaces=1)
    late = save(database, seller, sealer, grant(access_token="late"), replaces=1)
    with database.write() as connection:
        moved = save_state(
            connection,
            seller,
            AuthorizationState.NEEDS_REAUTHORIZATION,
            version=1,
            refresh_at=None,
        )

    assert (newer, late, moved) == (True, False, False)
    assert stored(database, seller).credentials(sealer).access_token == "newer"
    assert stored(database, seller).state is AuthorizationState.ACTIVE


def test_due_refreshes_are_claimed_once_the_most_urgent_first(database, sealer):
    """As many as are asked for; not what is not due, nor what is dead."""
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
    due = {
        adopt(database, sealer, grant(str(age)), refresh_at=NOW - age * MINUTE): age
        for age in (3, 9, 1, 7, -1)
    }
    dead = adopt(database, sealer, grant("dead"), refresh_at=NOW - DAY)
    with database.write() as connection:
        save_state(
            connection,
            dead,
            AuthorizationState.NEEDS_REAUTHORIZATION,
            version=1,
            refresh_at=None,
        )
    first = claim_due(database, "first", now=NOW, limit=2)
    second = claim_due(database, "second", now=NOW)
    after_a_crash = claim_due(database, "third", now=NOW + LEASE + SECOND)

    assert [due[number] for number in first] == [9, 7]
    assert [due[number] for number in second] == [3, 1]
    assert [due[number] for number in after_a_crash] == [9, 7, 3, 1, -1]


def test_eight_claimers_never_share_a_refresh(database, sealer):
    """They come at once."""
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        for number in range(40):
            adopt_grant(
                connection,
                APP,
                grant(str(number)),
                sealer=sealer,
                now=NOW,
                refresh_at=NOW,
            )
    barrier = Barrier(8)
    claimed: list[int] = []

    def claim_all(owner):
        barrier.wait()
        while mine := claim_due(database, owner, now=NOW, limit=7):
            claimed.extend(mine)

    threads = [Thread(target=claim_all, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed += claim_due(database, "late", now=NOW, limit=40)

    assert len(claimed) == len(set(claimed)) == 40
