"""Replies: a payload, or an error that says what happens next and gives nothing away."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import (
    CallRejected,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    ShopClosed,
    SignatureRefused,
    Throttled,
    TokenExpired,
    UnreadableReply,
)
from worker.marketplaces.tiktok_shop.replies import read

CALL = Call(endpoint="/order/202309/orders/search")
DATE = "Sat, 22 Nov 2025 13:45:30 GMT"


def reply(
    envelope: object, status: int = 200, headers: dict[str, str] | None = None
) -> HttpReply:
    """A reply with a JSON body."""
    return HttpReply(
        status=status, headers=headers or {}, body=json.dumps(envelope).encode()
    )


def error_of(answer: HttpReply) -> MarketplaceError:
    """The error that a reply is read as."""
    with pytest.raises(MarketplaceError) as caught:
        read(CALL, answer)
    return caught.value


@pytest.mark.parametrize("code", [0, "0"], ids=repr)
def test_code_zero_gives_the_data(code: int | str) -> None:
    """Success is in the body; codes may come as texts."""
    answer = reply({"code": code, "message": "Success", "data": {"a": 1}})

    assert read(CALL, answer) == {"a": 1}


@pytest.mark.parametrize("code", [36009043, "36009043"], ids=repr)
def test_an_error_carries_the_facts(code: int | str) -> None:
    """Code, status, request id and the server's words are there for the ticket."""
    error = error_of(
        reply(
            {"code": code, "message": "Shop closed.", "data": None, "request_id": "2"},
            status=401,
        )
    )

    assert type(error) is ShopClosed
    assert (error.endpoint, error.code, error.http_status, error.request_id) == (
        CALL.endpoint,
        36009043,
        401,
        "2",
    )
    assert str(error) == (
        "/order/202309/orders/search: code 36009043: "
        "the shop is deactivated or closed (Shop closed.)"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"404 page not found",
        b"<html><body>Bad gateway</body></html>",
        b'{"code": 0, "data": {"orders": [{"id": "1',
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"{}",
        b'{"data": {}}',
        b'{"code": null, "data": {}}',
        b'{"code": true, "data": {}}',
        b'{"code": false, "data": {}}',
        b'{"code": 0.0, "data": {}}',
        b'{"code": "", "data": {}}',
        b'{"code": "zero", "data": {}}',
        b'{"code": 0}',
        b'{"code": 0, "data": null}',
        b'{"code": 0, "data": []}',
        b'{"code": 123456789012345678901234567890, "data": {}}',
        b"[" * 100_000,
        b'{"\\ud83d": ' + b"[" * 100_000,
        b'{"code": 0, "data": {"x": NaN, "y": "\\ud83d"}}',
    ],
    ids=lambda body: repr(body[:30]),
)
@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_an_answer_that_nobody_documents_passes_by_itself(
    body: bytes, status: int
) -> None:
    """A proxy's page, a cut body, a missing code or payload condemn nothing."""
    answer = HttpReply(status=status, headers={}, body=body)

    assert type(error_of(answer)) is UnreadableReply


@pytest.mark.parametrize("status", [300, 301, 400, 404])
def test_success_needs_a_good_status_too(status: int) -> None:
    """Code 0 under an error status is nothing to rely on."""
    assert type(error_of(reply({"code": 0, "data": {}}, status=status))) is (
        UnreadableReply
    )


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize("code", [0, 105001, 36004005, 106001, 36009043, 36009010])
def test_a_server_in_trouble_condemns_nothing(status: int, code: int) -> None:
    """Not even with a code that would mean the end otherwise."""
    answer = reply({"code": code, "message": "", "data": {}}, status=status)

    assert isinstance(error_of(answer), RetryLater)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b'{"code": 36009002, "message": "Too many requests."}'),
        (200, b'{"code": 36009002, "message": "Too many requests."}'),
        (503, b'{"code": 36009002, "message": "Too many requests."}'),
        (429, b'{"code": 87654321, "message": "?"}'),
        (429, b'{"code": 105001, "message": "?"}'),
        (429, b"<html>slow down</html>"),
        (429, b""),
    ],
)
def test_too_many_requests_is_known_by_status_or_code(status: int, body: bytes) -> None:
    """Either is enough."""
    answer = HttpReply(status=status, headers={"retry-after": "7"}, body=body)
    error = error_of(answer)

    assert isinstance(error, Throttled)
    assert error.retry_after == timedelta(seconds=7)


def test_a_plain_503_is_no_throttling() -> None:
    """It is overload; its wish to be left alone is heard all the same."""
    answer = HttpReply(status=503, headers={"retry-after": "30"}, body=b"")
    error = error_of(answer)

    assert isinstance(error, RetryLater)
    assert not isinstance(error, Throttled)
    assert error.retry_after == timedelta(seconds=30)


def test_the_hourly_quota_of_development_shops_waits_for_the_next_hour() -> None:
    """By the server's clock: the reply says what time it is there."""
    envelope = {"code": 36009037, "message": "quota"}
    error = error_of(reply(envelope, 429, {"date": DATE}))

    assert isinstance(error, Throttled)
    assert error.retry_after == timedelta(minutes=14, seconds=30)


def test_a_stated_pause_goes_before_the_hour() -> None:
    """The server knows its quota better than we do."""
    envelope = {"code": 36009037, "message": "quota"}
    error = error_of(reply(envelope, 429, {"date": DATE, "retry-after": "9"}))

    assert isinstance(error, Throttled)
    assert error.retry_after == timedelta(seconds=9)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (105001, 401, ReauthorizeShop),
        (105002, 401, TokenExpired),
        (105002, 200, TokenExpired),
        (106001, 401, SignatureRefused),
        (36004005, 200, ReauthorizeShop),
        (36009009, 404, CallRejected),
        (87654321, 200, RetryLater),
        (87654321, 400, RetryLater),
        (87654321, 401, RetryLater),
        (87654321, 403, RetryLater),
        (87654321, 404, RetryLater),
    ],
)
def test_the_code_decides_below_500(
    code: int, status: int, expected: type[MarketplaceError]
) -> None:
    """A status alone never means that a token is dead."""
    assert type(error_of(reply({"code": code, "message": ""}, status=status))) is (
        expected
    )


def test_half_an_emoji_does_not_spoil_the_page() -> None:
    """Texts are cut to a length by servers that count UTF-16."""
    body = b'{"code":0,"data":{"note":"thanks \\uD83D","whole":"\\ud83d\\ude00"}}'

    assert read(CALL, HttpReply(status=200, headers={}, body=body)) == {
        "note": "thanks ?",
        "whole": "\U0001f600",
    }


def test_the_servers_words_come_without_the_help_address() -> None:
    """The address is the same for everybody and helps nobody."""
    message = (
        "Invalid credentials. The 'sign' query parameter is invalid. "
        "For more details: https://m.tiktok.shop/s/ABC"
    )
    error = error_of(reply({"code": 106001, "message": message}, status=401))

    assert error.message == (
        "the signature is refused "
        "(Invalid credentials. The 'sign' query parameter is invalid.)"
    )


@pytest.mark.parametrize(
    "token",
    [
        "ROW_Fw8rBwAAAAAkW03FYd09DG",
        "TTP_NTUxZTNhYTQ2ZDk2YmRm",
        "b596b73e0cc6de07ac26f036364178ab",
        "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3",
    ],
)
@pytest.mark.parametrize("code", [105001, 87654321, 36009004])
def test_a_token_that_is_quoted_back_is_not_shown(token: str, code: int) -> None:
    """Neither in the text of the error nor in its repr."""
    message = f"access token '{token}' is invalid, order 576461413038785752"
    error = error_of(reply({"code": code, "message": message}))

    assert token not in str(error) + repr(error)
    assert "order 576461413038785752" in str(error)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<html>", "HTTP 403, not a JSON envelope"),
        (b'{"code": 0, "data": null}', "HTTP 403 and code 0, no data"),
        (b'{"code": 87654321, "message": null}', "an answer we do not know"),
        (b'{"code": 87654321, "message": {"a": 1}}', "an answer we do not know"),
        (
            b'{"code": 87654321, "message": "a\\n\\u001b[31mb\\u0000"}',
            "an answer we do not know (a [31mb)",
        ),
    ],
)
def test_an_error_is_one_printable_line(body: bytes, text: str) -> None:
    """It is shown on terminals and in tables; a body is never a part of it."""
    assert error_of(HttpReply(status=403, headers={}, body=body)).message == text


@pytest.mark.parametrize("request_id", [7, "a b", "x" * 65, "", None, ["x"]], ids=repr)
def test_a_strange_request_id_is_left_out(request_id: object) -> None:
    """It goes into logs as it is."""
    error = error_of(reply({"code": 106001, "request_id": request_id}, status=401))

    assert error.request_id is None


def test_a_long_message_is_cut() -> None:
    """Some servers answer with a page."""
    error = error_of(reply({"code": 87654321, "message": "no " * 100_000}))

    assert len(str(error)) < 300


@given(message=st.text(), status=st.integers(100, 599), code=st.integers(-9, 10**9))
def test_every_answer_is_read(message: str, status: int, code: int) -> None:
    """Whatever comes back is a payload or a typed error."""
    envelope = {"code": code, "message": message, "data": {}}
    try:
        payload = read(CALL, reply(envelope, status=status))
    except MarketplaceError as error:
        assert "\n" not in str(error)  # noqa: PT017 -- both ends are fine
    else:
        assert (code, payload) == (0, {})


@given(body=st.binary(), status=st.integers(100, 599))
def test_every_body_is_read(body: bytes, status: int) -> None:
    """Random bytes never mean anything but "later"."""
    answer = HttpReply(status=status, headers={}, body=body)

    assert isinstance(error_of(answer), RetryLater)
