"""Requests as the server sees them: it decodes the address, then checks the signature."""

import hashlib
import hmac
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.domain.calls import Call, Host, HttpRequest, Signing
from worker.domain.identity import App, Credentials, Shop
from worker.marketplaces.tiktok_shop import calls
from worker.marketplaces.tiktok_shop.wire import signed_request

NOW = 1_700_000_000
texts = st.text(max_size=20)


def query_of(request: HttpRequest) -> dict[str, str]:
    """What the server decodes from the address."""
    pairs = urlsplit(request.url).query
    return dict(parse_qsl(pairs, keep_blank_values=True, strict_parsing=True))


def signature_of(request: HttpRequest, secret: str, body: bytes, prefix: str) -> str:
    """What the server computes from what it received."""
    path = urlsplit(request.url).path.removeprefix(prefix)
    unsigned = {"sign", "access_token"}
    kept = [pair for pair in query_of(request).items() if pair[0] not in unsigned]
    message = secret + path + "".join(k + v for k, v in sorted(kept))
    wrapped = message.encode() + body + secret.encode()
    return hmac.new(secret.encode(), wrapped, hashlib.sha256).hexdigest()


def test_a_token_call_is_an_unsigned_get_that_carries_the_secret(
    app: App, credentials: Credentials
) -> None:
    """POST answers 404 here, and the grant type is not the one of OAuth."""
    request = signed_request(calls.get_token(), app, credentials, now=NOW)

    assert (request.method, request.body, dict(request.headers)) == ("GET", None, {})
    assert request.url.startswith("https://auth.example/api/v2/token/get?")
    assert query_of(request) == {
        "app_key": app.app_key,
        "app_secret": app.app_secret,
        "auth_code": credentials.auth_code,
        "grant_type": "authorized_code",
    }


def test_a_refresh_call_carries_the_refresh_token(
    app: App, credentials: Credentials
) -> None:
    """Get and refresh differ in path, grant type and token."""
    request = signed_request(calls.refresh_token(), app, credentials, now=NOW)

    assert (request.method, request.body) == ("GET", None)
    assert request.url.startswith("https://auth.example/api/v2/token/refresh?")
    assert query_of(request) == {
        "app_key": app.app_key,
        "app_secret": app.app_secret,
        "refresh_token": credentials.refresh_token,
        "grant_type": "refresh_token",
    }


def test_token_calls_are_not_sent_twice() -> None:
    """A code is single-use, and nobody says what a refresh does to the old token."""
    assert not calls.get_token().repeatable
    assert not calls.refresh_token().repeatable


def test_a_call_carries_key_time_and_signature_in_the_query_and_the_token_in_a_header(
    app: App, credentials: Credentials
) -> None:
    """The token is neither in the address nor in the signature."""
    request = signed_request(calls.authorized_shops(), app, credentials, now=NOW)
    query = query_of(request)

    assert query.keys() == {"app_key", "timestamp", "sign"}
    assert query["timestamp"] == "1700000000"
    assert dict(request.headers) == {
        "content-type": "application/json",
        "x-tts-access-token": credentials.access_token,
    }
    assert request.body is None
    assert query["sign"] == signature_of(request, app.app_secret, b"", "")


def test_exactly_the_bytes_that_are_sent_are_signed(
    app: App, credentials: Credentials
) -> None:
    """The body is compact UTF-8, written once."""
    call = Call(endpoint="/order/202309/orders/search", body={"a": "Đồ ăn", "b": [1]})
    request = signed_request(call, app, credentials, now=NOW)

    assert request.body == '{"a":"Đồ ăn","b":[1]}'.encode()
    assert query_of(request)["sign"] == signature_of(
        request, app.app_secret, request.body, ""
    )


def test_an_empty_body_object_is_sent_and_signed(
    app: App, credentials: Credentials
) -> None:
    """No body and `{}` are two things."""
    call = Call(endpoint="/order/202309/orders/search", body={})
    request = signed_request(call, app, credentials, now=NOW)

    assert request.body == b"{}"
    assert query_of(request)["sign"] == signature_of(request, app.app_secret, b"{}", "")


def test_a_page_token_is_encoded_in_the_address_and_signed_as_it_is(
    app: App, credentials: Credentials
) -> None:
    """A raw `+` would arrive as a blank; an encoded one must not be signed."""
    token = "6AsPQsUMvH3R/kch+NUPPh=="
    call = Call(endpoint="/order/202309/orders/search", query={"page_token": token})
    request = signed_request(call, app, credentials, now=NOW)

    assert "page_token=6AsPQsUMvH3R%2Fkch%2BNUPPh%3D%3D" in request.url
    assert query_of(request)["page_token"] == token
    assert query_of(request)["sign"] == signature_of(request, app.app_secret, b"", "")


@given(query=st.dictionaries(texts.filter(bool), texts, max_size=5), body=texts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_server_accepts_whatever_is_asked(
    query: dict[str, str], body: str, app: App, credentials: Credentials
) -> None:
    """No character in a value breaks the signature on its way."""
    free = {k: v for k, v in query.items() if k not in {"sign", "access_token"}}
    call = Call(endpoint="/path", query=free, body={"text": body})
    request = signed_request(call, app, credentials, now=NOW)

    assert query_of(request)["sign"] == signature_of(
        request, app.app_secret, request.body or b"", ""
    )


def test_a_path_in_front_of_the_api_is_not_signed(credentials: Credentials) -> None:
    """A proxy may serve the API under a path of its own."""
    app = App(
        marketplace="tiktok_shop",
        zone="default",
        app_key="key",
        app_secret="secret",
        api_url="https://proxy.example/tiktok",
        requests_per_second=1,
    )
    request = signed_request(calls.authorized_shops(), app, credentials, now=NOW)

    assert urlsplit(request.url).path == "/tiktok/authorization/202309/shops"
    assert query_of(request)["sign"] == signature_of(request, "secret", b"", "/tiktok")


def test_an_app_without_an_auth_host_uses_the_marketplaces_own(
    credentials: Credentials,
) -> None:
    """Every market has the same one."""
    app = App(
        marketplace="tiktok_shop",
        zone="default",
        app_key="key",
        app_secret="secret",
        api_url="https://api.example",
        requests_per_second=1,
    )
    request = signed_request(calls.get_token(), app, credentials, now=NOW)

    assert request.url.startswith("https://auth.tiktok-shops.com/api/v2/token/get?")


def test_a_legacy_call_reproduces_a_published_signature() -> None:
    """Vector: ipfans/tiktok, testdata/product, products/details @2214a4e."""
    app = App(
        marketplace="tiktok_shop",
        zone="default",
        app_key="12abcd",
        app_secret="123",
        api_url="https://api.example",
        requests_per_second=1,
    )
    shop = Shop(marketplace="tiktok_shop", zone="default", shop_id="123456")
    call = calls.legacy_product(shop, "123123123123123")
    request = signed_request(
        call, app, Credentials(access_token="token"), now=1_600_000_000
    )

    assert query_of(request) == {
        "app_key": "12abcd",
        "product_id": "123123123123123",
        "shop_id": "123456",
        "timestamp": "1600000000",
        "access_token": "token",
        "sign": "3c859ee8285fde6816f31aff7cca15dd75e6cc9061d6bb32c22ccf8429c931f8",
    }
    assert dict(request.headers) == {"content-type": "application/json"}


def test_a_legacy_call_sends_its_body_unsigned() -> None:
    """Vector: ipfans/tiktok, testdata/order/order_list.json @2214a4e."""
    app = App(
        marketplace="tiktok_shop",
        zone="default",
        app_key="12abcd",
        app_secret="123",
        api_url="https://api.example",
        requests_per_second=1,
    )
    call = Call(
        endpoint="/api/orders/search",
        query={"shop_id": "123456"},
        body={"page_size": 50},
        signing=Signing.LEGACY,
    )
    request = signed_request(call, app, Credentials(), now=1_600_000_000)

    assert request.body == b'{"page_size":50}'
    assert query_of(request)["sign"] == (
        "dcbce84df8e4a7bd4674dc5f1e5d88f6b029b17592b087f504df38c906552b44"
    )


@pytest.mark.parametrize("strange", ["../../admin", "1?a=b", "1#x", "a b"])
def test_a_product_id_cannot_leave_its_place_in_the_path(
    strange: str, shop: Shop
) -> None:
    """Ids also come from webhooks and command lines."""
    call = calls.product(shop, strange)

    assert call.endpoint.startswith("/product/202309/products/")
    assert not set("?# ") & set(call.endpoint)
    assert call.endpoint.count("/") == 4


def test_only_token_calls_go_to_the_auth_host(shop: Shop) -> None:
    """Everything else has one host."""
    assert {calls.get_token().host, calls.refresh_token().host} == {Host.AUTH}
    assert {
        calls.authorized_shops().host,
        calls.orders(shop, ("1",)).host,
        calls.product(shop, "1").host,
        calls.legacy_product(shop, "1").host,
    } == {Host.API}
