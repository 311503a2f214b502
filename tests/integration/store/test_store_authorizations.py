"""Authorizations: one holder at a time, token sets that replace each other, sealed."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from cryptography.fernet import Fernet

from tests.integration.store.grant_work import adopt, save, stored, take
from tests.integration.store.made_up import APP, DAY, MINUTE, NOW, SHOP_KEY, grant, shop
from worker.domain.errors import OperatorError
from worker.domain.grants import AuthorizationState
from worker.store import journal
from worker.store.apps import lock_app, remember_app
from worker.store.authorizations import (
    all_authorizations,
    authorization_of_shop,
    ending_before,
)
from worker.store.grants import adopt_grant, save_state
from worker.store.sealing import Sealer
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration


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
