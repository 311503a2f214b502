"""The checks of TikTok Shop's gateway, each with the answer the documentation gives."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.tiktok_shop.signature import expected_sign
from worker.sandbox.wire import Incoming, Reply

SEARCH = "/order/202309/orders/search"
SHOPS = "/authorization/202309/shops"


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Give a small sandbox."""
    return make_sandbox()


@pytest.fixture
def caller(sandbox: Sandbox, tiktok_caller: Callable[..., Any]) -> Any:
    """Give a connected seller."""
    return tiktok_caller(sandbox).connect()


@pytest.fixture
def search(caller: Any) -> Incoming:
    """Give a correct order search."""
    query = {"shop_cipher": caller.cipher, "page_size": "10", "page_token": ""}
    call: Incoming = caller.incoming("POST", SEARCH, query, {"update_time_ge": 1})
    return call


def verdict(caller: Any, call: Incoming) -> tuple[int, int]:
    """Return HTTP status and code of the answer to a call."""
    reply = caller.send(call)
    assert isinstance(reply, Reply)
    return reply.status, orjson.loads(reply.body)["code"]


def changed(call: Incoming, **query: str | None) -> Incoming:
    """Return the call with another query, not signed again."""
    merged = {**call.query, **query}
    kept = {name: value for name, value in merged.items() if value is not None}
    return replace(call, query=kept)


def test_a_correct_call_is_answered(caller: Any, search: Incoming) -> None:
    """A call with everything right gets its data."""
    assert verdict(caller, search) == (200, 0)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"app_key": "another"}, (400, 36009004)),
        ({"app_key": None}, (400, 36009004)),
        ({"timestamp": None}, (400, 36009004)),
        ({"timestamp": "9" * 30}, (400, 36009004)),
        ({"sign": None}, (400, 36009004)),
        ({"sign": "0" * 64}, (401, 106001)),
        ({"page_size": "11"}, (401, 106001)),
    ],
)
def test_what_is_not_signed_right_is_refused(
    caller: Any, search: Incoming, query: dict[str, str], expected: tuple[int, int]
) -> None:
    """A changed or missing parameter is refused before anything is looked up."""
    assert expected == verdict(caller, changed(search, **query))


def test_an_upper_case_signature_is_refused(caller: Any, search: Incoming) -> None:
    """The digest must be in lower case."""
    shouted = changed(search, sign=search.query["sign"].upper())

    assert verdict(caller, shouted) == (401, 106001)


def test_the_exact_bytes_of_the_body_are_signed(caller: Any, search: Incoming) -> None:
    """The same JSON with one more space has another signature."""
    respaced = replace(search, body=search.body.replace(b":", b": "))

    assert verdict(caller, respaced) == (401, 106001)


@pytest.mark.parametrize(
    ("shift", "message"),
    [(-300, None), (-301, "earlier than 5 minutes"), (30, None), (31, "more than 30")],
)
def test_timestamps_have_a_window(caller: Any, shift: int, message: str | None) -> None:
    """A timestamp may be 300 s old and 30 s ahead, to the second."""
    caller.clock.at += shift
    call = caller.incoming("GET", SHOPS, {})
    caller.clock.at -= shift

    reply = caller.send(call)

    assert isinstance(reply, Reply)
    answer = orjson.loads(reply.body)
    assert (answer["code"] == 0) == (message is None)
    assert (message or "") in answer["message"]


def test_an_unknown_token_is_invalid(caller: Any) -> None:
    """A token that never was is refused by name of the header."""
    caller.access_token = "ROW_never_was"

    answer = caller.answer("GET", SHOPS, {})

    assert answer["code"] == 36009004
    message = answer["message"].replace("'", "")
    assert "x-tts-access-token header is invalid" in message


def test_the_shop_must_be_named(caller: Any) -> None:
    """A call about a shop without a cipher is refused."""
    answer = caller.answer("POST", SEARCH, {"page_size": "10"}, {})

    assert answer["code"] == 106013


def test_another_sellers_shop_is_refused(
    sandbox: Sandbox, caller: Any, tiktok_caller: Callable[..., Any]
) -> None:
    """A cipher of another seller does not fit the token."""
    cipher = tiktok_caller(sandbox, 1).cipher

    answer = caller.answer("POST", SEARCH, {"page_size": "10", "shop_cipher": cipher})

    assert answer["code"] == 101000


def test_the_shops_call_must_not_name_a_shop(caller: Any) -> None:
    """A cipher where none belongs is an unexpected identifier."""
    answer = caller.answer("GET", SHOPS, {"shop_cipher": caller.cipher})

    assert answer["code"] == 36009004
    assert "Unexpected identifier" in answer["message"]


def test_the_shops_call_lists_ciphers(caller: Any) -> None:
    """Every shop of the seller is listed with its cipher."""
    answer = caller.answer("GET", SHOPS, {})

    listed = {shop["id"]: shop["cipher"] for shop in answer["data"]["shops"]}
    ciphers = caller.market.ciphers
    assert {
        shop.shop_id: ciphers[shop.shop_id] for shop in caller.seller.shops
    } == listed


def test_a_missing_scope_is_refused(caller: Any, search: Incoming) -> None:
    """Without the order scope orders are refused, products are not."""
    caller.seller.scopes.remove("seller.order.info")

    assert verdict(caller, search) == (403, 105005)
    assert "products" in caller.search_products()


def test_wrong_method_and_unknown_path(caller: Any, search: Incoming) -> None:
    """GET on a search is refused; a path nobody knows is not found."""
    assert verdict(caller, replace(search, method="GET")) == (405, 36009010)
    assert verdict(caller, replace(search, path="/order/202309/orders/find")) == (
        404,
        36009009,
    )
    assert verdict(caller, replace(search, path="/")) == (404, 36009009)


def test_the_eleventh_call_in_a_second_is_refused(
    caller: Any, search: Incoming
) -> None:
    """Over the limit of app and shop: HTTP 429, counted, sometimes with a hint."""
    replies = [caller.api.answer(replace(search, arrived=50.0)) for _ in range(12)]

    assert [reply.status for reply in replies] == [200] * 10 + [429] * 2
    assert [{"retry-after"} & set(reply.headers) for reply in replies[10:]] == [
        {"retry-after"},
        set(),
    ]
    traffic = caller.market.traffic
    assert traffic.keys[caller.shop.shop_id].violations == 2
    assert traffic.refused["429/36009002"] == 2


def test_calls_without_a_shop_count_against_the_app(caller: Any) -> None:
    """The token host and the shops call share the app's own budget."""
    caller.answer("GET", SHOPS, {})

    assert caller.market.traffic.keys["app"].calls == 2


def test_the_body_must_be_json(caller: Any, search: Incoming) -> None:
    """A body of another type is refused, even if it is signed right."""
    text = replace(search, headers={**search.headers, "content-type": "text/plain"})

    assert verdict(caller, text) == (400, 36009022)


@pytest.mark.parametrize("content", [b"{", b"[]", b"1"])
def test_the_body_must_be_an_object(caller: Any, content: bytes) -> None:
    """Broken JSON, or JSON that is no object, is refused after the signature is checked."""
    query = {"page_size": "10", "shop_cipher": caller.cipher}
    call = caller.incoming("POST", SEARCH, query)
    secret = caller.market.keys.app_secret
    sign = expected_sign(secret, SEARCH, call.query, content)

    broken = replace(changed(call, sign=sign), body=content)

    assert verdict(caller, broken) == (400, 36009022)


def test_a_search_without_a_body_is_unfiltered(caller: Any) -> None:
    """No body at all finds what an empty object finds."""
    query = {"page_size": "10", "shop_cipher": caller.cipher}

    answer = caller.answer("POST", SEARCH, query)

    assert answer["data"]["total_count"] == caller.search_orders()["total_count"]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({"sort_field": "price"}, {}),
        ({"sort_order": "UP"}, {}),
        ({"page_token": "never was"}, {}),
        ({}, {"update_time_ge": "1"}),
        ({}, {"order_status": "GONE"}),
        ({}, {"order_status": 1}),
    ],
)
def test_wrong_parameters_are_named(
    caller: Any, query: dict[str, str], body: dict[str, object]
) -> None:
    """A parameter of the wrong type or value is refused by its name."""
    base = {"page_size": "10", "shop_cipher": caller.cipher}

    answer = caller.answer("POST", SEARCH, base | query, body)

    assert answer["code"] == 98001004
    assert next(iter(query | body)) in answer["message"]


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ({"page_token": "b2Zmc2V0PTAK"}, {}, 0),
        ({"page_token": "b2Zmc2V0PS0xCg=="}, {}, 98001004),
        ({"page_token": "bGltaXQ9MAo="}, {}, 98001004),
        ({}, {"status": "GONE"}, 98001004),
        ({}, {"sku_ids": "1"}, 98001004),
        ({}, {"sku_ids": [str(number) for number in range(11)]}, 12019087),
        ({}, {"seller_skus": [str(number) for number in range(11)]}, 12019027),
    ],
)
def test_product_searches_are_strict(
    caller: Any, query: dict[str, str], body: dict[str, object], expected: int
) -> None:
    """Tokens are offsets, statuses are known words, id lists have ten items at most."""
    base = {"page_size": "10", "shop_cipher": caller.cipher}
    path = "/product/202502/products/search"

    assert expected == caller.answer("POST", path, base | query, body)["code"]


@pytest.mark.parametrize("size", ["0", "101", "", "ten"])
def test_a_page_has_one_to_a_hundred_rows(caller: Any, size: str) -> None:
    """Other page sizes are refused."""
    query = {"page_size": size, "shop_cipher": caller.cipher}

    assert caller.answer("POST", SEARCH, query, {})["code"] == 12019109
