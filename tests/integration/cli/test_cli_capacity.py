"""`connect` warns before the budget is too small; `status` shows a shop that keeps failing."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from worker.store.database import Database
from worker.store.schema.accounts import shops

pytestmark = pytest.mark.integration


def test_connect_says_when_the_next_seller_would_not_fit(sellersync, sandbox):
    """The seller is connected all the same; the warning is no part of the document."""
    code = sandbox.sellers()["temu"]["eu"]["malls"][0]["code"]
    often = sellersync.but(SELLERSYNC_ORDERS__EVERY="10ms")
    ended = often("connect", "temu", "--zone", "eu", "--code", code, "--json")
    planned = often("plan", "--sellers", "2", "--json").document

    assert ended.status == 0
    assert ended.document["shops"]
    assert "with 2 sellers orders cannot stay" in ended.err
    assert [each["fits"] for each in planned if each["counted_per"] == "app"] == (
        [False] * 3
    )


def test_connect_says_nothing_while_there_is_room(sellersync, sandbox):
    """One seller more is no news."""
    code = sandbox.sellers()["temu"]["us"]["malls"][0]["code"]
    ended = sellersync("connect", "temu", "--zone", "us", "--code", code)

    assert (ended.status, ended.err) == (0, "")


def test_status_shows_a_shop_that_keeps_failing(sellersync, mall):
    """In words and in the document, with its next try."""
    before = sellersync("status", "--json").document["shops"][0]
    database = Database(f"sqlite:///{sellersync.folder / 'home' / 'sellersync.db'}")
    since = datetime(2026, 11, 28, 12, tzinfo=UTC)
    with database.write() as connection:
        connection.execute(
            update(shops)
            .where(shops.c.shop_key == mall)
            .values(broken_since=since, failures=7)
        )
    database.close()
    after = sellersync("status", "--json").document["shops"][0]
    words = sellersync("status").out

    assert before["failing"] is None
    assert after["failing"]["since"].startswith("2026-11-28T12:00:00")
    assert after["failing"]["failures"] == 7
    assert after["failing"]["next_try_at"] is not None
    assert "FAILING since 2026-11-28 12:00, tried next at" in words
