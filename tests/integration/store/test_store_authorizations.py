"""Authorizations: one holder at a time, token sets that replace each other, sealed."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest
from cryptography.fernet import Fernet

from tests.integration.store.made_up import (
    APP,
    DAY,
    MINUTE,
    NOW,
    SECOND,
    SHOP_KEY,
    grant,
    shop,
)
from worker.domain.errors import OperatorError
from worker.domain.grants import AuthorizationState
from worker.store import journal
from worker.store.apps import lock_app, remember_app
from worker.store.authorizations import (
    all_authorizations,
    authorization_of_shop,
    ending_before,
    find_authorization,
)
from worker.store.grants import adopt_grant, save_grant, save_state
from worker.store.refresh_leases import release_lease, take_lease
from worker.store.sealing import Sealer
from worker.store.shops import remember_shops
from worker.store.waiting import lease_refreshes, waiting_refreshes

pytestmark = pytest.mark.integration

LEASE = 2 * MINUTE


def stored(database, seller):
    """Return the row of a seller."""
    with database.read() as connection:
        return find_authorization(connection, seller)


def adopt(database, sealer, given, *, now=NOW, refresh_at=NOW + DAY):
    """Store a grant that a seller has just given."""
    with database.write() as connection:
        return adopt_grant(
            connection, APP, given, sealer=sealer, now=now, refresh_at=refresh_at
        )


def save(database, seller, sealer, given, *, replaces, now=NOW):
    """Store what a refresh brought."""
    with database.write() as connection:
        return save_grant(
            connection,
            seller,
            given,
            replaces=replaces,
            sealer=sealer,
            now=now,
            refresh_at=now + DAY,
        )


def take(database, seller, owner, *, now=NOW, handed=None):
    """Try to become the one who refreshes."""
    with database.write() as connection:
        return take_lease(
            connection, seller, owner=owner, now=now, until=now + LEASE, handed=handed
        )


def claim_due(database, owner, *, now=NOW + DAY, limit=10):
    """Lease what is due."""
    with database.write() as connection:
        waiting = waiting_refreshes(
            connection, APP.app_id, due_before=now, now=now, limit=limit
        )
        chosen = [each.number for each in waiting]
        lease_refreshes(connection, chosen, owner=owner, until=now + LEASE)
        return chosen


def test_a_grant_comes_back_as_it_was_given(database, seller, sealer):
    """Tokens, times, state, version."""
    row = stored(database, seller)
    credentials = row.credentials(sealer)

    assert (credentials.access_token, credentials.refresh_token) == (
        "access-1",
        "refresh-1",
    )
    assert (row.access_expires_at, row.refresh_expires_at) == (
        NOW + 7 * DAY,
        NOW + 300 * DAY,
    )
    assert (row.app_id, row.subject) == ("tiktok_shop:default:key", "seller")
    assert (row.state, row.version, row.failures) == (AuthorizationState.ACTIVE, 1, 0)
    assert (row.refreshed_at, row.refresh_at) == (NOW, NOW + DAY)


def test_a_grant_without_a_refresh_token_ends_with_its_access_token(database, sealer):
    """The seller authorises again; such marketplaces exist."""
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
    seller = adopt(database, sealer, grant(refresh_token=None, refresh_expires_at=None))
    row = stored(database, seller)

    assert row.credentials(sealer).refresh_token == ""
    assert row.ends_at == NOW + 7 * DAY


@pytest.mark.parametrize("year", [2123, 2125])
def test_expiries_in_the_far_future_are_stored_right(database, seller, sealer, year):
    """Marketplaces give "never" as a date of another century."""
    never = datetime(year, 11, 5, 23, 34, 7, tzinfo=UTC)
    save(database, seller, sealer, grant(refresh_expires_at=never), replaces=1)

    assert stored(database, seller).refresh_expires_at == never
    assert stored(database, seller).ends_at == never


def test_a_seller_who_authorises_again_stays_one(database, seller, sealer):
    """The old tokens are replaced, also while they are being refreshed."""
    take(database, seller, "somebody")
    again = adopt(
        database,
        sealer,
        grant(access_token="access-2", refresh_token="refresh-2", scopes=("a",)),
        now=NOW + MINUTE,
    )
    late = save(database, seller, sealer, grant(), replaces=1)
    row = stored(database, seller)

    assert again == seller
    assert late is False
    assert row.credentials(sealer).access_token == "access-2"
    assert (row.version, row.scopes, row.lease_owner) == (2, ("a",), None)


def test_the_same_seller_at_another_app_is_another_authorization(database, sealer):
    """Each app has its own tokens."""
    other = type(APP)(
        marketplace="tiktok_shop",
        zone="default",
        app_key="other",
        app_secret="made up",
        api_url="https://api.example",
        requests_per_second=10,
    )
    with database.write() as connection:
        numbers = set()
        for app in (APP, other, APP):
            remember_app(connection, app, now=NOW)
            numbers.add(
                adopt_grant(
                    connection, app, grant(), sealer=sealer, now=NOW, refresh_at=NOW
                )
            )

    assert len(numbers) == 2


def test_a_seller_who_is_connected_twice_at_once_is_stored_once(database, sealer):
    """Whoever connects sellers takes the app's lock first."""
    numbers = []

    def connect(connection):
        lock_app(connection, APP, now=NOW)
        numbers.append(
            adopt_grant(
                connection, APP, grant(), sealer=sealer, now=NOW, refresh_at=NOW
            )
        )

    def connect_again():
        with database.write() as connection:
            connect(connection)

    second = Thread(target=connect_again)
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
    with database.write() as connection:
        connect(connection)
        second.start()
        second.join(0.3)
    second.join()

    assert len(numbers) == 2
    assert set(numbers) == {numbers[0]}
    assert stored(database, numbers[0]).version == 2


def test_what_a_reply_leaves_out_stays(database, seller, sealer):
    """A marketplace that does not rotate a token does not always repeat it."""
    save(
        database,
        seller,
        sealer,
        grant(
            access_token="access-2",
            refresh_token=None,
            refresh_expires_at=None,
            access_expires_at=NOW + 9 * DAY,
        ),
        replaces=1,
    )
    row = stored(database, seller)

    assert row.credentials(sealer).access_token == "access-2"
    assert row.credentials(sealer).refresh_token == "refresh-1"
    assert row.access_expires_at == NOW + 9 * DAY
    assert row.refresh_expires_at == NOW + 300 * DAY


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


def test_new_tokens_end_what_was_wrong_before(database, seller, sealer):
    """State, failures, the last error."""
    with database.write() as connection:
        save_state(
            connection,
            seller,
            AuthorizationState.BACKING_OFF,
            version=1,
            refresh_at=NOW + MINUTE,
            failures=4,
            last_error="no answer",
        )
    failing = stored(database, seller)
    save(database, seller, sealer, grant(), replaces=1)
    row = stored(database, seller)

    assert (failing.state, failing.failures, failing.last_error) == (
        AuthorizationState.BACKING_OFF,
        4,
        "no answer",
    )
    assert (row.state, row.failures, row.last_error, row.version) == (
        AuthorizationState.ACTIVE,
        0,
        None,
        2,
    )


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


def test_those_that_end_first_come_first(database, seller, sealer):
    """By the refresh token's end, or the access token's where there is no other."""
    soon = adopt(
        database,
        sealer,
        grant("soon", refresh_token=None, refresh_expires_at=None),
    )
    with database.read() as connection:
        ordered = [row.id for row in all_authorizations(connection)]
        ending = [row.id for row in ending_before(connection, NOW + 8 * DAY)]

    assert ordered == [soon, seller]
    assert ending == [soon]


def test_a_shop_leads_to_its_authorization(connected, seller):
    """An unknown one leads nowhere."""
    with connected.read() as connection:
        found = authorization_of_shop(connection, SHOP_KEY)
        missing = authorization_of_shop(connection, "tiktok_shop:default:404")

    assert found is not None
    assert found.id == seller
    assert missing is None


def test_no_secret_shows_when_a_row_is_printed(database, seller, sealer):
    """Neither open nor sealed."""
    row = stored(database, seller)
    printed = f"{row!r} {row.credentials(sealer)!r} {grant()!r}"

    assert "access-1" not in printed
    assert "refresh-1" not in printed
    assert repr(row.sealed_access_token) not in printed


def test_another_key_opens_nothing(database, seller):
    """One clear line says which setting to correct."""
    stranger = Sealer((Fernet.generate_key().decode(),))
    row = stored(database, seller)
    with pytest.raises(OperatorError, match="SELLERSYNC_ENCRYPTION_KEYS") as refused:
        row.credentials(stranger)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_secret_lies_open_in_the_file(database, seller, sealer):
    """Nor in the log beside it; what is not secret does, so the search works."""
    canary = "canary-of-made-up-tokens"
    save(
        database,
        seller,
        sealer,
        grant(
            name="Example Seller", access_token=canary, refresh_token=f"{canary}-too"
        ),
        replaces=1,
    )
    with database.write() as connection:
        remember_shops(connection, seller, [shop()], now=NOW, takes=True)
        entry = journal.open_entry(
            connection,
            app_id=APP.app_id,
            authorization_id=seller,
            action="refresh",
            version=2,
            now=NOW,
        )
        journal.keep_reply(connection, entry, sealer.seal(canary), now=NOW)
    folder = Path(database.engine.url.database).parent
    written = b"".join(path.read_bytes() for path in folder.glob("sellersync.db*"))

    assert b"Example Seller" in written
    assert canary.encode() not in written
