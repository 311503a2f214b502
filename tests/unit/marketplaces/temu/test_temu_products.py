"""Products: goods, their SKUs, pages, buckets and single products."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.calls import Call
from worker.domain.errors import ScopeMissing, UnreadableReply
from worker.domain.identity import Shop
from worker.domain.pages import PageRequest, Window
from worker.domain.records import Product, ProductStatus, Stream, Variant
from worker.marketplaces.temu import MARKETPLACE

Sample = Callable[[str], Any]
Converse = Callable[..., tuple[Any, list[Call]]]

ALWAYS = Window(None, datetime(2026, 3, 1, tzinfo=UTC))
NO_SKUS = {"total": 0, "skuList": []}
NO_GOODS = {"total": 0, "goodsList": []}


def asking(shop: Shop, *, section: str = "ALL", cursor: str | None = None) -> Any:
    """Ask for a page of products."""
    return MARKETPLACE.page(
        PageRequest(
            stream=Stream.PRODUCTS,
            shop=shop,
            window=ALWAYS,
            section=section,
            cursor=cursor,
        )
    )


def goods_of(*goods: object, **more: object) -> dict[str, object]:
    """Make a list of goods."""
    return {"total": len(goods), "goodsList": list(goods), **more}


def goods(goods_id: str, *sku_ids: int, **more: object) -> dict[str, object]:
    """Make a row of goods."""
    skus = [{"skuId": sku_id} for sku_id in sku_ids]
    return {"goodsId": goods_id, "skuInfoList": skus, **more}


def skus_of(*sku_ids: int, **more: object) -> dict[str, object]:
    """Make a list of SKUs."""
    skus = [{"skuId": sku_id, **more} for sku_id in sku_ids]
    return {"total": len(skus), "skuList": skus}


def test_reads_a_product_with_price_and_stock(
    sample: Sample, shop: Shop, converse: Converse
) -> None:
    """Goods and SKU rows together are a product; both are kept."""
    listed, priced = sample("goods_list"), sample("sku_list")

    page, asked = converse(asking(shop), listed, priced)

    assert page.records == (
        Product(
            product_id="608635434400001",
            title="Example kettle",
            status=ProductStatus.LIVE,
            marketplace_status="Active",
            created_at=datetime(2025, 12, 6, 3, 0, tzinfo=UTC),
            updated_at=datetime(2025, 12, 6, 5, 46, 40, tzinfo=UTC),
            deleted_at=None,
            variants=(
                Variant(
                    sku_id="17592352670001",
                    seller_sku="ORG-0461",
                    price=Decimal("298.99"),
                    currency="MXN",
                    stock=350,
                ),
            ),
            raw=b"",
        ),
    )
    assert (page.total, page.next_cursor) == (124, "eyJwYWdlIjoyfQ")
    assert {
        "goods": listed["goodsList"][0],
        "skus": priced["skuList"],
    } == json.loads(page.records[0].raw)
    assert [(call.endpoint, call.body) for call in asked] == [
        (
            "temu.local.goods.list.retrieve",
            {"goodsSearchType": "ALL", "pageSize": 100, "pageToken": None},
        ),
        (
            "bg.local.goods.sku.list.query",
            {
                "pageNo": 1,
                "pageSize": 100,
                "skuSearchType": 2,
                "skuIdList": [17592352670001],
            },
        ),
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Active", ProductStatus.LIVE),
        ("Inactive", ProductStatus.INACTIVE),
        ("InActive", ProductStatus.INACTIVE),
        ("INCOMPLETE", ProductStatus.PENDING),
        ("Draft", ProductStatus.DRAFT),
        ("Deleted", ProductStatus.DELETED),
        ("Sleeping", ProductStatus.UNKNOWN),
        (None, ProductStatus.UNKNOWN),
    ],
)
def test_translates_the_status(
    word: str | None, status: ProductStatus, shop: Shop, converse: Converse
) -> None:
    """Upper and lower case do not matter; an unknown word is kept, not guessed."""
    page, _ = converse(asking(shop), goods_of(goods("1", goodsStatus=word)))

    assert [(word, status)] == [(p.marketplace_status, p.status) for p in page.records]


@pytest.mark.parametrize("changed", [1765000000000, "1765000000000"], ids=repr)
@pytest.mark.parametrize("word", ["Deleted", "Draft"])
def test_only_deleted_goods_have_a_time_of_deletion(
    word: str, changed: object, shop: Shop, converse: Converse
) -> None:
    """It is when the status became deleted."""
    row = goods("1", goodsStatus=word, goodsStatusChangeTime=changed)

    page, _ = converse(asking(shop), goods_of(row))

    moment = datetime(2025, 12, 6, 5, 46, 40, tzinfo=UTC)
    (product,) = page.records
    assert moment == product.updated_at
    assert (moment if word == "Deleted" else None) == product.deleted_at


def test_skus_that_are_not_for_sale_are_asked_for_next(
    shop: Shop, converse: Converse
) -> None:
    """One call covers one kind; what is of neither kind has no price and no stock."""
    page, asked = converse(
        asking(shop),
        goods_of(goods("1", 11, 12), goods("2", 13)),
        skus_of(12, price="5.00", currency="USD", stock=3),
        skus_of(13, price="7.50", currency="USD", stock=0),
    )

    assert [
        (call.body["skuSearchType"], call.body["skuIdList"])
        for call in asked[1:]
        if call.body
    ] == [(2, [11, 12, 13]), (3, [11, 13])]
    assert [
        ("11", None, None, None),
        ("12", Decimal("5.00"), "USD", 3),
        ("13", Decimal("7.50"), "USD", 0),
    ] == [
        (variant.sku_id, variant.price, variant.currency, variant.stock)
        for product in page.records
        for variant in product.variants
    ]


def test_many_skus_are_asked_for_in_hundreds(shop: Shop, converse: Converse) -> None:
    """No call asks for more than one page holds, nor twice for the same."""
    ids = list(range(1000, 1250))

    _, asked = converse(
        asking(shop),
        goods_of(goods("1", *ids), goods("2", *ids[:10])),
        skus_of(*ids[:100]),
        skus_of(*ids[100:200]),
        skus_of(*ids[200:]),
    )

    assert [call.body["skuIdList"] for call in asked[1:] if call.body] == [
        ids[:100],
        ids[100:200],
        ids[200:],
    ]


def test_goods_without_skus_need_no_second_call(shop: Shop, converse: Converse) -> None:
    """A draft may have nothing to sell yet."""
    draft = {"goodsId": "1", "goodsStatus": "Draft", "skuInfoList": None}

    page, asked = converse(asking(shop, section="DRAFT"), goods_of(draft))

    assert [product.variants for product in page.records] == [()]
    assert [call.body["goodsSearchType"] for call in asked if call.body] == ["DRAFT"]


def test_an_empty_code_of_the_seller_is_not_given(
    shop: Shop, converse: Converse
) -> None:
    """An empty text counts as null."""
    row = {"goodsId": "1", "skuInfoList": [{"skuId": 11, "skuSn": ""}]}

    page, _ = converse(asking(shop), goods_of(row), skus_of(11))

    assert page.records[0].variants[0].seller_sku is None


@pytest.mark.parametrize("price", [29899, 298.99, "much", "NaN", "1e", True, ["1"]])
def test_a_price_that_may_be_in_cents_is_not_read(
    price: object, shop: Shop, converse: Converse
) -> None:
    """Major units come as decimal text; anything else could be wrong a hundredfold."""
    page, _ = converse(
        asking(shop), goods_of(goods("1", 11), goods("2")), skus_of(11, price=price)
    )

    assert [product.product_id for product in page.records] == ["2"]
    assert [(row.record_id, row.reason) for row in page.unreadable] == [
        ("1", "price is not an amount")
    ]


@pytest.mark.parametrize(
    ("row", "record_id", "reason"),
    [
        ({"goodsName": "x"}, None, "goodsId is missing"),
        ({"goodsId": "1", "skuInfoList": [{}]}, "1", "skuId is missing"),
        ({"goodsId": "1", "skuInfoList": [7]}, "1", "sku is not an object"),
        ({"goodsId": "1", "goodsCreateTime": "x"}, "1", "goodsCreateTime is not a"),
        ({"goodsId": []}, None, "goodsId is not a text"),
        ("nonsense", None, "goods is not an object"),
    ],
)
def test_goods_that_are_not_understood_are_kept_beside(
    row: object, record_id: str | None, reason: str, shop: Shop, converse: Converse
) -> None:
    """The page goes on without them."""
    page, _ = converse(asking(shop), goods_of(row, goods("2")))

    assert [product.product_id for product in page.records] == ["2"]
    (unreadable,) = page.unreadable
    assert (record_id, row) == (unreadable.record_id, json.loads(unreadable.raw))
    assert unreadable.reason.startswith(reason)


@pytest.mark.parametrize(
    ("pagination", "next_cursor"),
    [
        ({"pagination": {"nextToken": "t3", "previousToken": "t1"}}, "t3"),
        ({"pagination": {"nextToken": None}}, None),
        ({"pagination": {"nextToken": ""}}, None),
        ({"pagination": {}}, None),
        ({"pagination": None}, None),
        ({}, None),
    ],
)
def test_pages_until_there_is_no_token(
    pagination: dict[str, object],
    next_cursor: str | None,
    shop: Shop,
    converse: Converse,
) -> None:
    """How the last page is marked is not documented, so every way ends the walk."""
    page, asked = converse(
        asking(shop, cursor="t2"), goods_of(goods("1"), **pagination)
    )

    assert asked[0].body is not None
    assert asked[0].body["pageToken"] == "t2"
    assert next_cursor == page.next_cursor


def test_an_empty_page_ends_a_section(shop: Shop, converse: Converse) -> None:
    """A token behind nothing leads nowhere."""
    page, _ = converse(
        asking(shop), {**NO_GOODS, "pagination": {"nextToken": "for ever"}}
    )

    assert (page.records, page.next_cursor, page.total) == ((), None, 0)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        {"total": 3},
        {"total": 3, "goodsList": None},
        {"goodsList": 7, "total": 1},
        {"goodsList": [], "total": 0, "pagination": 7},
        {"goodsList": [], "total": 0, "pagination": {"nextToken": []}},
    ],
)
def test_a_list_without_rows_is_unreadable(
    payload: object, shop: Shop, converse: Converse
) -> None:
    """A strange answer does not empty a shop."""
    with pytest.raises(UnreadableReply):
        converse(asking(shop), payload)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"total": 2, "skuList": []},
        {"total": 2, "skuList": [{"skuId": 11}]},
        {"total": 1, "skuList": ["11"]},
        {"total": 1, "skuList": [{"price": "1"}]},
    ],
)
def test_a_cut_list_of_skus_is_unreadable(
    payload: object, shop: Shop, converse: Converse
) -> None:
    """It does not overwrite prices with nothing."""
    with pytest.raises(UnreadableReply):
        converse(asking(shop), goods_of(goods("1", 11, 12)), payload)


def test_a_refusal_of_the_skus_is_passed_on(shop: Shop, converse: Converse) -> None:
    """Products without their prices are not stored as if they had none."""
    refused = ScopeMissing("bg.local.goods.sku.list.query", "", code=3000032)

    with pytest.raises(ScopeMissing):
        converse(asking(shop), goods_of(goods("1", 11)), refused)


def test_each_bucket_is_a_section_without_a_filter_for_changes() -> None:
    """A full pass reads all four."""
    rules = MARKETPLACE.streams[Stream.PRODUCTS]

    assert rules.sections == ("ALL", "INCOMPLETE", "DRAFT", "DELETED")
    assert not rules.has_update_filter


def test_reads_single_products_from_any_bucket(shop: Shop, converse: Converse) -> None:
    """Each bucket is asked for what is still missing; the unknown are left out."""
    products, asked = converse(
        MARKETPLACE.products(shop, ("1", "2", "3")),
        goods_of(goods("1", 11)),
        NO_GOODS,
        NO_GOODS,
        goods_of(goods("2", goodsStatus="Deleted")),
        skus_of(11, price="5.00", stock=3),
    )

    assert [
        (call.body["goodsSearchType"], call.body["goodsIdList"])
        for call in asked[:4]
        if call.body
    ] == [
        ("ALL", ["1", "2", "3"]),
        ("INCOMPLETE", ["2", "3"]),
        ("DRAFT", ["2", "3"]),
        ("DELETED", ["2", "3"]),
    ]
    assert [
        (p.product_id, p.status, p.variants[0].stock if p.variants else None)
        for p in products
    ] == [
        ("1", ProductStatus.UNKNOWN, 3),
        ("2", ProductStatus.DELETED, None),
    ]


def test_what_was_not_asked_for_is_not_returned(shop: Shop, converse: Converse) -> None:
    """Temu ignores parameters that it does not know, and then returns everything."""
    products, _ = converse(
        MARKETPLACE.products(shop, ("2",)), goods_of(goods("1"), goods("2"))
    )

    assert [product.product_id for product in products] == ["2"]


def test_a_cut_answer_does_not_say_that_products_are_gone(
    shop: Shop, converse: Converse
) -> None:
    """Fewer rows than are counted say nothing about the missing ones."""
    with pytest.raises(UnreadableReply, match="goodsList has 1 of 124 rows"):
        converse(MARKETPLACE.products(shop, ("2",)), goods_of(goods("1"), total=124))


def test_a_single_product_that_is_not_understood_is_unreadable(
    shop: Shop, converse: Converse
) -> None:
    """It is not reported as gone."""
    with pytest.raises(UnreadableReply, match="goodsCreateTime"):
        converse(
            MARKETPLACE.products(shop, ("1",)),
            goods_of(goods("1", goodsCreateTime="never")),
        )


def test_no_products_cost_no_call(shop: Shop, converse: Converse) -> None:
    """Asking for nothing asks nobody."""
    assert converse(MARKETPLACE.products(shop, ())) == ((), [])
