"""Walking through TikTok Shop's pages: nothing is left out while the world stands still."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.tiktok_shop.page_tokens import order_token

RETRIEVE = "temu.local.goods.list.retrieve"
BUCKETS = ("ALL", "INCOMPLETE", "DRAFT", "DELETED")


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Give a small sandbox in which nothing happens."""
    return make_sandbox()


@pytest.fixture
def tiktok(sandbox: Sandbox, tiktok_caller: Callable[..., Any]) -> Any:
    """Give a connected seller."""
    return tiktok_caller(sandbox).connect()


def order_pages(tiktok: Any, body: object = None, **query: str) -> Iterator[Any]:
    """Yield the pages of an order search."""
    token = ""
    while True:
        page = tiktok.search_orders(body, page_size="7", page_token=token, **query)
        yield page
        token = page["next_page_token"]
        if not token:
            return


def product_pages(tiktok: Any, body: object = None) -> Iterator[Any]:
    """Yield the pages of a product search, whose last page has no token at all."""
    query = {"page_size": "5"}
    while True:
        page = tiktok.search_products(body, **query)
        yield page
        if "next_page_token" not in page:
            return
        query["page_token"] = page["next_page_token"]


@pytest.mark.parametrize("field", ["create_time", "update_time"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_orders_come_sorted_and_whole(tiktok: Any, field: str, order: str) -> None:
    """Every order comes once, sorted as asked for."""
    pages = list(order_pages(tiktok, sort_field=field, sort_order=order))

    rows = [row for page in pages for row in page["orders"]]
    times = [row[field] for row in rows]
    assert sorted(tiktok.shop.orders.true) == sorted(row["id"] for row in rows)
    assert sorted(times, reverse=order == "DESC") == times
    assert {30} == {page["total_count"] for page in pages}


def test_orders_come_newest_first_by_default(tiktok: Any) -> None:
    """Without a wish, orders are sorted by creation, newest first."""
    times = [row["create_time"] for row in tiktok.search_orders()["orders"]]

    assert sorted(times, reverse=True) == times


def test_order_bounds_include_the_start_and_exclude_the_end(tiktok: Any) -> None:
    """`_ge` takes its own second in, `_lt` leaves it out; adjacent windows tile."""
    times = sorted(order.updated_at for order in tiktok.shop.orders.true.values())
    middle = times[len(times) // 2]

    def count(**bounds: int) -> int:
        total: int = tiktok.search_orders(bounds)["total_count"]
        return total

    assert sum(time < middle for time in times) == count(update_time_lt=middle)
    assert sum(time >= middle for time in times) == count(update_time_ge=middle)
    assert times.count(middle) == count(
        update_time_ge=middle, update_time_lt=middle + 1
    )


def test_orders_can_be_filtered_by_both_times_and_status(tiktok: Any) -> None:
    """All filters hold at once, whatever the rows are sorted by."""
    orders = list(tiktok.shop.orders.true.values())
    middle = sorted(order.created_at for order in orders)[15]
    body = {"create_time_ge": middle, "update_time_ge": middle + 3600}
    expected = {
        order.row_id
        for order in orders
        if order.created_at >= middle and order.updated_at >= middle + 3600
    }

    for field in ("create_time", "update_time"):
        found = tiktok.search_orders(body, sort_field=field)
        assert expected == {row["id"] for row in found["orders"]}
    completed = tiktok.search_orders({"order_status": "COMPLETED"})["orders"]
    assert {"COMPLETED"} == {row["status"] for row in completed}


def test_an_empty_search_has_no_orders_field(tiktok: Any) -> None:
    """Where nothing is found, the list is missing, and the token is an empty text."""
    assert tiktok.search_orders({"update_time_ge": 2_000_000_000}) == {
        "next_page_token": "",
        "total_count": 0,
    }


def test_order_tokens_need_escaping_on_the_wire(tiktok: Any) -> None:
    """Tokens contain the characters that break careless signatures."""
    token = next(order_pages(tiktok))["next_page_token"]

    assert {"+", "/", "="} <= set(token)


def test_an_order_token_fits_its_question_only(tiktok: Any) -> None:
    """A token of one search is refused by a search with other filters."""
    token = next(order_pages(tiktok))["next_page_token"]
    query = {"page_size": "7", "page_token": token, "shop_cipher": tiktok.cipher}

    answer = tiktok.answer(
        "POST", "/order/202309/orders/search", query, {"update_time_ge": 5}
    )

    assert answer["code"] == 98001004
    assert order_token(7, "a") != order_token(7, "b")


def test_rows_that_arrive_shift_the_pages(tiktok: Any) -> None:
    """Tokens are offsets: three new orders push three old ones onto the next page."""
    walk = order_pages(tiktok)
    first = [row["id"] for row in next(walk)["orders"]]
    known = next(iter(tiktok.shop.orders.true.values()))
    for number in range(3):
        new = replace(known, row_id=f"new-{number}", created_at=int(tiktok.clock()))
        tiktok.shop.orders.put(new)

    second = next(walk)

    assert first[-3:] == [row["id"] for row in second["orders"]][:3]
    assert second["total_count"] == 33


def test_products_come_whole(tiktok: Any) -> None:
    """Every product comes once, deleted ones included."""
    rows = [row for page in product_pages(tiktok) for row in page["products"]]

    assert sorted(tiktok.shop.products.true) == sorted(row["id"] for row in rows)


def test_product_bounds_include_both_ends(tiktok: Any) -> None:
    """`_ge` and `_le` both take their own second in; the orders' `_lt` is ignored."""
    product = next(iter(tiktok.shop.products.true.values()))
    moment = product.updated_at

    found = tiktok.search_products(
        {"update_time_ge": moment, "update_time_le": moment, "update_time_lt": 1}
    )

    assert product.row_id in {row["id"] for row in found["products"]}
    assert {moment} == {row["update_time"] for row in found["products"]}


def test_products_can_be_filtered(tiktok: Any) -> None:
    """By status, by variant, by the seller's own number."""
    live = tiktok.search_products({"status": "ACTIVATE"})["products"]
    product = next(iter(tiktok.shop.products.true.values()))
    by_sku = tiktok.search_products({"sku_ids": [product.variants[0].sku_id]})

    assert {"ACTIVATE"} == {row["status"] for row in live}
    assert [product.row_id] == [row["id"] for row in by_sku["products"]]


def test_too_many_products_are_refused(
    make_sandbox: Callable[..., Sandbox], tiktok_caller: Callable[..., Any]
) -> None:
    """A search with more results than the cap is refused on its first page."""
    caller = tiktok_caller(make_sandbox(product_search_cap=11)).connect()
    query = {"page_size": "5", "shop_cipher": caller.cipher}
    path = "/product/202502/products/search"

    answer = caller.answer("POST", path, query, {})

    assert answer["code"] == 12052180


def test_order_details_skip_what_is_unknown(tiktok: Any) -> None:
    """Known ids come back, unknown and foreign ones do not; at most 50 may be asked."""
    known = list(tiktok.shop.orders.true)[:2]
    path = "/order/202507/orders"

    found = tiktok.about_shop("GET", path, ids=",".join([*known, "1"]))
    refused = tiktok.answer(
        "GET",
        path,
        {"shop_cipher": tiktok.cipher, "ids": ",".join(map(str, range(51)))},
    )

    assert known == [row["id"] for row in found["orders"]]
    assert refused["code"] == 98001004
