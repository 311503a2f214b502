"""Products: what is asked for, and how rows are read, today's and those of old."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from worker.domain.calls import Call, Signing
from worker.domain.errors import ItemGone, TooManyResults, UnreadableReply
from worker.domain.identity import Shop
from worker.domain.pages import PageRequest, Window
from worker.domain.records import Product, ProductStatus, Stream, Variant
from worker.marketplaces.tiktok_shop import legacy, products

Converse = Callable[..., Any]
Sample = Callable[[str], Any]
WINDOW = Window(
    start=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
    end=datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC),
)


@pytest.fixture
def request_(shop: Shop) -> PageRequest:
    """The first page of an hour."""
    return PageRequest(stream=Stream.PRODUCTS, shop=shop, window=WINDOW)


@pytest.fixture
def row(sample: Sample) -> dict[str, Any]:
    """The documentation's own product, as the search gives it."""
    found: dict[str, Any] = sample("products_search.json")["data"]["products"][0]
    return found


def test_asks_for_the_window_in_every_status(
    request_: PageRequest, converse: Converse
) -> None:
    """Here both ends of the filter are inclusive."""
    _, asked = converse(products.page(request_), {})

    assert asked == [
        Call(
            endpoint="/product/202502/products/search",
            method="POST",
            query={"shop_cipher": "GCP_XF90igAAAABh00qs", "page_size": "100"},
            body={
                "status": "ALL",
                "update_time_ge": 1_700_000_000,
                "update_time_le": 1_700_003_600,
            },
            shop_id="7000714532876273420",
        )
    ]


def test_a_window_without_a_start_has_no_lower_bound(
    request_: PageRequest, converse: Converse
) -> None:
    """From the shop's first day."""
    window = Window(start=None, end=WINDOW.end)
    _, asked = converse(products.page(replace(request_, window=window)), {})

    assert asked[0].body == {"status": "ALL", "update_time_le": 1_700_003_600}


def test_reads_the_documented_page(
    request_: PageRequest, sample: Sample, row: dict[str, Any], converse: Converse
) -> None:
    """The documentation's own example, field by field."""
    page, _ = converse(products.page(request_), sample("products_search.json")["data"])

    assert (page.next_cursor, page.total) == ("b2Zmc2V0PTAK", 200)
    assert page.records == (
        Product(
            product_id="1729592969712207008",
            title="Short Boat Invisible Socks",
            status=ProductStatus.LIVE,
            marketplace_status="ACTIVATE",
            created_at=datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC),
            updated_at=datetime(2009, 2, 13, 23, 30, tzinfo=UTC),
            deleted_at=None,
            variants=(
                Variant(
                    sku_id="1729592969712207012",
                    seller_sku="Color-Red-XM01",
                    price=Decimal("111.01"),
                    currency="USD",
                    stock=999,
                ),
            ),
            raw=b"",
        ),
    )
    assert orjson.loads(page.records[0].raw) == row


@pytest.mark.parametrize(
    ("total", "cursor"), [(10_000, None), (10_001, "b2Zmc2V0PTEwMAo="), (None, None)]
)
def test_up_to_the_cap_everything_is_shown(
    total: int | None, cursor: str | None, request_: PageRequest, converse: Converse
) -> None:
    """Later pages are read on: the window was small enough when it began."""
    page, _ = converse(
        products.page(replace(request_, cursor=cursor)), {"total_count": total}
    )

    assert page.total == total


def test_over_the_cap_the_window_must_be_narrowed(
    request_: PageRequest, converse: Converse
) -> None:
    """The rest would never be shown."""
    with pytest.raises(TooManyResults, match="10001 products"):
        converse(products.page(request_), {"total_count": 10_001, "products": []})


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("INITIAL", ProductStatus.DRAFT),
        ("DRAFT", ProductStatus.DRAFT),
        ("PENDING", ProductStatus.PENDING),
        ("FAILED", ProductStatus.FAILED),
        ("ACTIVATE", ProductStatus.LIVE),
        ("SELLER_DEACTIVATED", ProductStatus.INACTIVE),
        ("PLATFORM_DEACTIVATED", ProductStatus.INACTIVE),
        ("FREEZE", ProductStatus.FROZEN),
        ("DELETED", ProductStatus.DELETED),
        ("MELTED", ProductStatus.UNKNOWN),
    ],
)
def test_every_status_has_its_word(
    word: str, status: ProductStatus, row: dict[str, Any]
) -> None:
    """Only the marketplace's own "deleted" gives a time of deletion."""
    product = products.product(row | {"status": word})

    assert (product.status, product.marketplace_status) == (status, word)
    assert product.deleted_at == (
        product.updated_at if status is ProductStatus.DELETED else None
    )


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ({"tax_exclusive_price": "110", "sale_price": "117.5"}, Decimal(110)),
        ({"tax_exclusive_price": "0", "sale_price": "117.5"}, Decimal(0)),
        ({"sale_price": "117.5"}, Decimal("117.5")),
        ({"tax_exclusive_price": "", "sale_price": "117.5"}, Decimal("117.5")),
        ({}, None),
    ],
)
def test_the_price_is_the_one_that_buyers_see(
    price: dict[str, str], expected: Decimal | None, row: dict[str, Any]
) -> None:
    """Global sellers have no price without tax."""
    product = products.product(row | {"skus": [{"id": "1", "price": price}]})

    assert product.variants[0].price == expected


@pytest.mark.parametrize(
    ("inventory", "expected"),
    [
        ([{"quantity": 3}, {"quantity": 4}], 7),
        ([{"quantity": "3"}, {"warehouse_id": "1"}], 3),
        ([{"quantity": 0}], 0),
        ([{"warehouse_id": "1"}], None),
        ([], None),
        (None, None),
    ],
)
def test_the_stock_is_summed_over_all_warehouses(
    inventory: object, expected: int | None, row: dict[str, Any]
) -> None:
    """Not given is not zero."""
    product = products.product(row | {"skus": [{"id": "1", "inventory": inventory}]})

    assert product.variants[0].stock == expected


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"skus": [{"seller_sku": "x"}]},
        {"skus": [{"id": "1", "inventory": [{"quantity": 1.5}]}]},
        {"skus": [{"id": "1", "inventory": [{"quantity": 2**60}]}]},
        {"skus": [{"id": "1", "price": {"sale_price": "cheap"}}]},
    ],
)
def test_a_row_that_cannot_be_understood_is_kept_and_the_page_goes_on(
    change: dict[str, Any],
    row: dict[str, Any],
    request_: PageRequest,
    converse: Converse,
) -> None:
    """One strange product costs nobody the other 99."""
    page, _ = converse(products.page(request_), {"products": [row | change, row]})

    assert len(page.records) == 1
    assert orjson.loads(page.unreadable[0].raw) == row | change


def test_reads_products_by_id(shop: Shop, sample: Sample, converse: Converse) -> None:
    """One call each; the detail has the same fields and more."""
    found, asked = converse(
        products.by_id(shop, ("1729592969712207008", "1729592969712207008")),
        sample("product.json")["data"],
    )

    assert asked == [
        Call(
            endpoint="/product/202309/products/1729592969712207008",
            method="GET",
            query={"shop_cipher": "GCP_XF90igAAAABh00qs"},
            shop_id="7000714532876273420",
        )
    ]
    assert [(p.product_id, p.status, p.title) for p in found] == [
        (
            "1729592969712207008",
            ProductStatus.INACTIVE,
            "Short Boat Invisible Socks",
        )
    ]


def test_products_that_are_gone_are_left_out(
    shop: Shop, sample: Sample, converse: Converse
) -> None:
    """The next ones are asked for all the same."""
    found, asked = converse(
        products.by_id(shop, ("1", "2")),
        ItemGone("/product/202309/products/1", "there is no such product"),
        sample("product.json")["data"],
    )

    assert len(asked) == 2
    assert len(found) == 1


def test_a_product_by_id_that_cannot_be_read_is_not_left_out(
    shop: Shop, converse: Converse
) -> None:
    """Left out would mean that it does not exist."""
    with pytest.raises(UnreadableReply, match="id is missing"):
        converse(products.by_id(shop, ("1",)), {"title": "x"})


def test_reads_a_live_legacy_product(
    shop: Shop, sample: Sample, converse: Converse
) -> None:
    """Its times are in milliseconds, whatever the old documentation shows."""
    product, asked = converse(
        legacy.by_id(shop, "1731029337055922770"),
        sample("legacy_product_details.json")["data"],
    )

    assert asked == [
        Call(
            endpoint="/api/products/details",
            method="GET",
            query={
                "product_id": "1731029337055922770",
                "shop_id": "7000714532876273420",
            },
            signing=Signing.LEGACY,
            shop_id="7000714532876273420",
        )
    ]
    assert product == Product(
        product_id="1731029337055922770",
        title=sample("legacy_product_details.json")["data"]["product_name"],
        status=ProductStatus.LIVE,
        marketplace_status="4",
        created_at=datetime(2024, 10, 10, 5, 1, 17, 222000, tzinfo=UTC),
        updated_at=datetime(2024, 11, 25, 2, 23, 57, 474000, tzinfo=UTC),
        deleted_at=None,
        variants=(
            Variant(
                sku_id="1731159324007369298",
                seller_sku="BBAINTE50",
                price=Decimal(200800),
                currency="VND",
                stock=17,
            ),
            Variant(
                sku_id="1731159324007434834",
                seller_sku="BBAGRAC50",
                price=Decimal(200800),
                currency="VND",
                stock=18,
            ),
        ),
        raw=b"",
    )


def test_a_deleted_legacy_product_has_a_time_of_deletion() -> None:
    """Old statuses are numbers."""
    row: dict[str, object] = {
        "product_id": 1,
        "product_status": 8,
        "update_time": 1_732_501_437,
    }
    product = legacy.product(row)

    assert product.deleted_at == datetime(2024, 11, 25, 2, 23, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (1, ProductStatus.DRAFT),
        (2, ProductStatus.PENDING),
        (3, ProductStatus.FAILED),
        (4, ProductStatus.LIVE),
        (5, ProductStatus.INACTIVE),
        (6, ProductStatus.INACTIVE),
        (7, ProductStatus.FROZEN),
        (8, ProductStatus.DELETED),
        (9, ProductStatus.UNKNOWN),
    ],
)
def test_every_legacy_status_has_its_word(number: int, status: ProductStatus) -> None:
    """The old API counts them."""
    product = legacy.product({"product_id": "1", "product_status": number})

    assert (product.status, product.marketplace_status) == (status, str(number))


def test_an_unreadable_legacy_product_is_an_unreadable_reply(
    shop: Shop, converse: Converse
) -> None:
    """There is no page to go on with."""
    with pytest.raises(UnreadableReply, match="product_id is missing"):
        converse(legacy.by_id(shop, "1"), {})
