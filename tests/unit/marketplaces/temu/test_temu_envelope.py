"""Requests: one flat signed JSON object to one address."""

import json
from typing import Any

import pytest

from worker.domain.calls import Call, HttpRequest
from worker.domain.identity import App, Credentials
from worker.marketplaces.temu import MARKETPLACE, calls
from worker.marketplaces.temu.signing import sign

NOW = 1760000000


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Read the body as the server does."""
    assert request.body is not None
    parsed: dict[str, Any] = json.loads(request.body)
    return parsed


def test_everything_is_flat_in_one_object(app: App, credentials: Credentials) -> None:
    """Common and business parameters stand side by side, and are all signed."""
    call = Call(endpoint="bg.order.list.v2.get", body={"pageNumber": 1, "regionId": 76})

    request = MARKETPLACE.request(call, app, credentials, now=NOW)

    unsigned = {
        "type": "bg.order.list.v2.get",
        "app_key": app.app_key,
        "access_token": credentials.access_token,
        "timestamp": NOW,
        "data_type": "JSON",
        "pageNumber": 1,
        "regionId": 76,
    }
    assert unsigned | {"sign": sign(app.app_secret, unsigned)} == body_of(request)
    assert ("POST", app.api_url) == (request.method, request.url)
    assert request.headers == {"Content-Type": "application/json"}


def test_the_signed_bytes_are_sent_compactly(
    app: App, credentials: Credentials
) -> None:
    """Nested values go out as they were signed: no spaces, raw UTF-8."""
    call = Call(endpoint="t", body={"list": [{"b": "Größe", "a": 1}]})

    request = MARKETPLACE.request(call, app, credentials, now=NOW)

    assert request.body is not None
    assert '"list":[{"b":"Größe","a":1}]'.encode() in request.body


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_not_given_is_not_sent(
    nothing: str | None, app: App, credentials: Credentials
) -> None:
    """Nulls and empty texts are in neither body nor signature."""
    with_nothing = Call(endpoint="t", body={"pageToken": nothing, "n": 1})
    without = Call(endpoint="t", body={"n": 1})

    assert MARKETPLACE.request(
        without, app, credentials, now=NOW
    ) == MARKETPLACE.request(with_nothing, app, credentials, now=NOW)


def test_a_parameter_cannot_replace_a_common_field(
    app: App, credentials: Credentials
) -> None:
    """A business parameter of the same name does not change who is asked for what."""
    call = Call(endpoint="t", body={"type": "other", "app_key": "other"})

    body = body_of(MARKETPLACE.request(call, app, credentials, now=NOW))

    assert ("t", app.app_key) == (body["type"], body["app_key"])


def test_the_code_stands_in_for_the_token_that_it_buys(
    app: App, credentials: Credentials
) -> None:
    """The exchange sends the code twice: as `code`, and where the token belongs."""
    body = body_of(MARKETPLACE.request(calls.exchange(), app, credentials, now=NOW))

    assert credentials.auth_code == body["code"] == body["access_token"]


def test_a_request_shows_no_secret(app: App, credentials: Credentials) -> None:
    """The repr of a request gives away neither tokens nor the signature."""
    request = MARKETPLACE.request(calls.inspect(), app, credentials, now=NOW)

    assert repr(request) == "HttpRequest(method='POST')"


def test_only_the_exchange_must_not_be_sent_twice() -> None:
    """A code works once; everything else only reads."""
    assert not calls.exchange().repeatable
    assert calls.inspect().repeatable
