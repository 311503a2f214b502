"""The token journal: what survives between a call and its use."""

import pytest

from tests.integration.store.made_up import APP, MINUTE, NOW
from worker.store import journal
from worker.store.journal import Entry, Exchanged, Orphan
from worker.store.schema.accounts import token_journal

pytestmark = pytest.mark.integration


def begin(database, seller, *, action="refresh", version=1, **fields):
    """Record an intent."""
    with database.write() as connection:
        return journal.open_entry(
            connection,
            app_id=APP.app_id,
            authorization_id=seller,
            action=action,
            version=version,
            now=NOW,
            **fields,
        )


def left_open(database, seller):
    """Return what a crash would leave behind."""
    with database.read() as connection:
        return journal.open_entries(connection, seller, version=1)


def test_an_intent_is_open_until_it_is_settled(database, seller):
    """Without a reply at first, then with it, then not at all."""
    entry = begin(database, seller)
    before = left_open(database, seller)
    with database.write() as connection:
        journal.keep_reply(connection, entry, b"sealed", now=NOW)
    replied = left_open(database, seller)
    with database.write() as connection:
        journal.settle(connection, entry, "refreshed", now=NOW)

    assert before == [
        Entry(
            id=entry,
            authorization_id=seller,
            version=1,
            sealed_reply=None,
            settled=False,
        )
    ]
    assert [found.sealed_reply for found in replied] == [b"sealed"]
    assert left_open(database, seller) == []


def test_a_settled_entry_keeps_no_reply(database, seller):
    """Its tokens are in the authorization now; one copy is enough."""
    entry = begin(database, seller)
    with database.write() as connection:
        journal.keep_reply(connection, entry, b"sealed", now=NOW)
        journal.settle(connection, entry, "refreshed", now=NOW + MINUTE)
    with database.read() as connection:
        row = connection.execute(token_journal.select()).one()

    assert (row.outcome, row.sealed_reply) == ("refreshed", None)
    assert (row.replied_at, row.settled_at) == (NOW, NOW + MINUTE)


def test_open_entries_come_oldest_first(database, seller):
    """Each one belongs to the token set that it may replace."""
    entries = [begin(database, seller, version=version) for version in (5, 3, 4)]

    found = left_open(database, seller)
    assert [entry.id for entry in found] == entries
    assert [entry.version for entry in found] == [5, 3, 4]


def test_a_reply_is_not_shown(database, seller):
    """Not even sealed."""
    entry = begin(database, seller)
    with database.write() as connection:
        journal.keep_reply(connection, entry, b"sealed", now=NOW)

    assert "sealed'" not in repr(left_open(database, seller))


def test_an_exchange_that_nobody_closed_is_an_orphan(database, seller):
    """It has no authorization yet; a fresh one is still in flight."""
    begin(database, seller)
    entry = begin(database, None, action="exchange", version=None)
    with database.read() as connection:
        too_early = journal.orphans(connection, before=NOW)
        found = journal.orphans(connection, before=NOW + MINUTE)

    assert too_early == []
    assert found == [
        Orphan(
            id=entry,
            app_id=APP.app_id,
            started_at=NOW,
            action="exchange",
            sealed_reply=None,
        )
    ]


def test_a_code_is_known_by_its_digest(database, seller):
    """From the moment it was submitted, until it is forgotten."""
    entry = begin(database, None, action="exchange", version=None, code_digest="digest")
    with database.write() as connection:
        in_flight = journal.find_exchange(connection, "digest")
        journal.settle(connection, entry, "adopted", now=NOW, authorization_id=seller)
        adopted = journal.find_exchange(connection, "digest")
        journal.settle(connection, entry, "failed", now=NOW, forget_code=True)
        forgotten = journal.find_exchange(connection, "digest")

    assert in_flight == Exchanged(outcome=None, authorization_id=None)
    assert adopted == Exchanged(outcome="adopted", authorization_id=seller)
    assert forgotten is None
