"""Walking through Temu's pages and cursors: nothing is left out while the world stands still."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.world.statuses import ProductState

RETRIEVE = "temu.local.goods.list.retrieve"
BUCKETS = ("ALL", "INCOMPLETE", "DRAFT", "DELETED")


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Give a small sandbox in which nothing happens."""
    return make_sandbox()


@pytest.fixture
def temu(sandbox: Sandbox, temu_caller: Callable[..., Any]) -> Any:
    """Give a mall with a valid token."""
    return temu_caller(sandbox)


def goods_pages(temu: Any, **parameters: object) -> Iterator[Any]:
    """Yield the pages of one bucket of goods."""
    token = None
    while True:
        page = temu.result(RETRIEVE, pageSize=4, pageToken=token, **parameters)
        yield page
        token = page["pagination"]["nextToken"]
        if token is None:
            return


@pytest.mark.parametrize("sort_by", ["createTime", "updateTime"])
def test_temu_orders_come_newest_first_and_whole(temu: Any, sort_by: str) -> None:
    """Every order of a closed range comes once, always descending."""
    field = {"createTime": "parentOrderTime", "updateTime": "updateTime"}[sort_by]
    rows = []
    for number in range(1, 6):
        page = temu.result(
            "bg.order.list.v2.get",
            pageNumber=number,
            pageSize=7,
            sortby=sort_by,
            updateAtStart=0,
            updateAtEnd=int(temu.clock()),
        )
        rows += [item["parentOrderMap"] for item in page["pageItems"]]
        assert page["totalItemNum"] == 30

    times = [row[field] for row in rows]
    assert sorted(times, reverse=True) == times
    assert sorted(temu.mall.shop.orders.true) == sorted(
        row["parentOrderSn"] for row in rows
    )


def test_temu_ranges_include_both_ends(temu: Any) -> None:
    """An order updated at an end of the range is in it."""
    order = next(iter(temu.mall.shop.orders.true.values()))

    def numbers(start: int, end: int) -> set[str]:
        page = temu.result(
            "bg.order.list.v2.get", pageSize=100, updateAtStart=start, updateAtEnd=end
        )
        return {item["parentOrderMap"]["parentOrderSn"] for item in page["pageItems"]}

    assert order.row_id in numbers(order.updated_at, order.updated_at + 1)
    assert order.row_id in numbers(order.updated_at - 1, order.updated_at)
    assert order.row_id not in numbers(order.updated_at + 1, order.updated_at + 2)


def test_temu_orders_can_be_asked_for_by_number(temu: Any) -> None:
    """A list of numbers filters the list."""
    wanted = list(temu.mall.shop.orders.true)[:3]

    page = temu.result("bg.order.list.v2.get", parentOrderSnList=wanted)

    found = [item["parentOrderMap"]["parentOrderSn"] for item in page["pageItems"]]
    assert sorted(wanted) == sorted(found)


def test_goods_come_whole_over_all_buckets(temu: Any) -> None:
    """The buckets together hold every product once, with text ids."""
    rows = [
        goods
        for bucket in BUCKETS
        for page in goods_pages(temu, goodsSearchType=bucket)
        for goods in page["goodsList"]
    ]

    assert sorted(temu.mall.shop.products.true) == sorted(
        row["goodsId"] for row in rows
    )


def test_goods_that_leave_a_bucket_shift_nothing(temu: Any) -> None:
    """A cursor names the next goods, so none is skipped when earlier ones leave."""
    every = [
        goods["goodsId"]
        for page in goods_pages(temu, goodsSearchType="ALL")
        for goods in page["goodsList"]
    ]
    walk = goods_pages(temu, goodsSearchType="ALL")
    first = [goods["goodsId"] for goods in next(walk)["goodsList"]]
    ledger = temu.mall.shop.products
    for goods_id in first:
        gone = replace(ledger.true[goods_id], state=ProductState.DELETED, version=1)
        ledger.put(gone)

    rest = [goods["goodsId"] for page in walk for goods in page["goodsList"]]

    assert every == first + rest


def test_goods_can_be_filtered_in_milliseconds(temu: Any) -> None:
    """Time ranges of goods are closed and in milliseconds."""
    goods = next(g for g in temu.mall.shop.products.true.values() if g.state == "live")
    at = goods.updated_at * 1000

    def ids(start: int, end: int) -> set[str]:
        found = temu.result(
            RETRIEVE,
            goodsSearchType="ALL",
            goodsStatusChangeTimeFrom=start,
            goodsStatusChangeTimeTo=end,
        )
        return {row["goodsId"] for row in found["goodsList"]}

    assert goods.row_id in ids(at, at)
    assert goods.row_id not in ids(at + 1, at + 2)
    assert goods.row_id not in ids(at // 1000, at // 1000)


def test_variants_come_whole_over_both_types(temu: Any) -> None:
    """Variants for sale and not for sale together are all variants."""
    rows = [
        row["skuId"]
        for search_type in (2, 3)
        for number in range(1, 5)
        for row in temu.result(
            "bg.local.goods.sku.list.query",
            skuSearchType=search_type,
            pageNo=number,
            pageSize=8,
        )["skuList"]
    ]

    products = temu.mall.shop.products.true.values()
    expected = [int(variant.sku_id) for goods in products for variant in goods.variants]
    assert sorted(expected) == sorted(rows)


def test_variants_can_be_asked_for_by_id(temu: Any) -> None:
    """A list of ids filters the list of the right type."""
    goods = next(g for g in temu.mall.shop.products.true.values() if g.state == "live")
    wanted = [int(variant.sku_id) for variant in goods.variants]
    query = "bg.local.goods.sku.list.query"

    for_sale = temu.result(query, skuSearchType=2, skuIdList=wanted)
    not_for_sale = temu.result(query, skuSearchType=3, skuIdList=wanted)

    assert sorted(wanted) == sorted(row["skuId"] for row in for_sale["skuList"])
    assert not_for_sale["total"] == 0
