"""A link is used up by one code, whoever serves the page."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from worker.store.schema.links import spent_links
from worker.store.spent_links import spend_link

pytestmark = pytest.mark.integration

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def spend(database, nonce="n", code="c", now=NOW):
    """Use a link up for a code; say whether it counts."""
    with database.write() as connection:
        return spend_link(
            connection,
            nonce,
            code_digest=code,
            now=now,
            expires_at=now + timedelta(days=30),
        )


def test_a_link_is_good_for_one_code(database):
    """Again and again for that one, never for another."""
    assert [spend(database), spend(database), spend(database, code="d")] == [
        True,
        True,
        False,
    ]
    assert spend(database, nonce="m", code="d")


def test_of_many_at_once_one_is_first(database):
    """The others see which."""
    with ThreadPoolExecutor(8) as pool:
        good = list(pool.map(lambda code: spend(database, code=str(code)), range(8)))

    assert sum(good) == 1


def test_what_is_expired_is_forgotten(database):
    """Its signature is too old by then."""
    spend(database, nonce="old")
    spend(database, nonce="new", now=NOW + timedelta(days=31))

    with database.read() as connection:
        kept = list(connection.execute(select(spent_links.c.nonce)).scalars())
    assert kept == ["new"]
