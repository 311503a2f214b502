"""`sellersync explain`: what is known of an order or product, from the log of page reads."""

import re

import pytest
from sqlalchemy import URL

from worker.store.database import Database
from worker.store.schema.records import orders
from worker.store.schema.streams import streams

pytestmark = pytest.mark.integration


@pytest.fixture
def pulled(sellersync, tiktok_shops):
    """Return the keys of shops whose orders are here."""
    sellersync("pull", "orders", "--here")
    return tiktok_shops


@pytest.fixture
def database(sellersync):
    """Return the database of the installation."""
    path = sellersync.folder / "home" / "sellersync.db"
    opened = Database(URL.create("sqlite", database=str(path)).render_as_string())
    yield opened
    opened.close()


@pytest.fixture
def an_order(sellersync, pulled):
    """Return an order that is here."""
    return sellersync("export", "orders", "--shop", pulled[0]).rows[0]


def test_a_stored_order_leads_to_the_call_that_brought_it(sellersync, an_order):
    """By the name that the marketplace has given to that call."""
    ended = sellersync("explain", "order", an_order["order_id"], "--json")
    (found,) = ended.document
    (call,) = found["stored"]["read"]["calls"]

    assert ended.status == 0
    assert (found["shop_key"], found["stream"]) == (an_order["shop_key"], "orders")
    assert found["stored"]["status"] == an_order["status"]
    assert found["stored"]["updated_at"] == an_order["updated_at"]
    assert call["endpoint"] == "/order/202309/orders/search"
    assert call["http_status"] == 200
    assert re.fullmatch(r"\d{14}[0-9A-F]+", call["request_id"])


def test_the_windows_that_should_have_shown_it_did(sellersync, an_order):
    """The one that wrote it is among them, whole; and the next attempt is known."""
    (found,) = sellersync("explain", "order", an_order["order_id"], "--json").document
    window = next(
        window
        for window in found["windows"]
        if found["stored"]["read_id"] in [page["id"] for page in window["pages"]]
    )

    assert window["start"] <= an_order["updated_at"] <= window["end"]
    assert window["outcome"] == "complete"
    assert sum(page["rows"] for page in window["pages"]) == window["total"]
    assert found["next"]["attempt_at"] > found["next"]["watermark"]
    assert (found["next"]["failures"], found["next"]["last_error"]) == (0, None)


def test_a_later_version_names_its_fields_and_its_page(sellersync, mall, database):
    """Which fields, not which values: those are in the feed."""
    del mall
    sellersync("pull", "orders", "--here")
    order = sellersync("export", "orders").rows[0]
    with database.write() as connection:
        connection.execute(
            orders.update()
            .where(orders.c.order_id == order["order_id"])
            .values(content_hash=b"another", buyer_note="an old note")
        )
    sellersync("pull", "orders", "--here", "--since", "80d")
    (found,) = sellersync("explain", "order", order["order_id"], "--json").document
    (version,) = found["versions"]

    assert (version["kind"], version["fields"]) == ("updated", ["buyer_note"])
    assert version["read_id"] == found["stored"]["read_id"]
    assert version["read"]["calls"][0]["request_id"].startswith("eu-")
    assert "an old note" not in str(found)


def test_in_words(sellersync, an_order):
    """A person finds the same without JSON."""
    ended = sellersync("explain", "order", an_order["order_id"])

    assert ended.status == 0
    assert f"orders {an_order['order_id']} of {an_order['shop_key']}" in ended.out
    assert re.search(r"written \S+Z by page read \d+ at", ended.out)
    assert "windows that should have shown it:" in ended.out
    assert "complete up to 20" in ended.out
    assert "next attempt: 20" in ended.out


def test_what_was_never_seen_is_said_with_the_next_attempt(
    sellersync, pulled, database
):
    """And with what keeps it from being read."""
    with database.write() as connection:
        connection.execute(
            streams.update()
            .where(streams.c.stream == "orders")
            .values(
                next_run_at=None,
                failures=3,
                last_error="RetryLater: busy",
                disabled="no scope",
            )
        )
    ended = sellersync("explain", "order", "404", "--shop", pulled[0])

    assert ended.status == 0
    assert "stored: no; no page that was read has shown it" in ended.out
    assert "next attempt: none (no scope)" in ended.out
    assert "3 failures in a row: RetryLater: busy" in ended.out


def test_without_a_shop_all_are_told_of_where_none_has_it(sellersync, pulled):
    """There may be one that should."""
    found = sellersync("explain", "order", "404", "--json").document

    assert [facts["shop_key"] for facts in found] == sorted(pulled)
    assert [facts["stored"] for facts in found] == [None] * len(pulled)


def test_a_product_is_explained_too(sellersync, mall):
    """A page of Temu's products is several calls, each with its name."""
    sellersync("pull", "products", "--here")
    product = sellersync("export", "products").rows[0]
    (found,) = sellersync(
        "explain", "product", product["product_id"], "--json"
    ).document
    calls = found["stored"]["read"]["calls"]

    assert found["shop_key"] == mall
    assert {call["endpoint"] for call in calls} == {
        "temu.local.goods.list.retrieve",
        "bg.local.goods.sku.list.query",
    }
    assert all(call["request_id"].startswith("eu-") for call in calls)


def test_an_unknown_shop_is_one_line(sellersync, pulled):
    """As for every command."""
    del pulled
    ended = sellersync("explain", "order", "1", "--shop", "temu:eu:none")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("sellersync: no shop temu:eu:none is connected")
