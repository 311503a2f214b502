"""Replies: `success` decides, a code says what happens next, rubbish passes by itself."""

import json
from datetime import timedelta

import pytest

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import (
    AddressRefused,
    AppMisconfigured,
    CallRejected,
    ClockSkewed,
    ItemGone,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    ShopClosed,
    SignatureRefused,
    Throttled,
    UnreadableReply,
)
from worker.marketplaces.temu import MARKETPLACE
from worker.marketplaces.temu.codes import MEANINGS

CALL = Call(endpoint="bg.order.list.v2.get", body={})

CODES: dict[type[MarketplaceError], str] = {
    RetryLater: """
        1000000 2000000 4000000 6000001 7000000 110020001 140020008 140020009 150010002
        150010005
    """,
    Throttled: "4000004 110020007",
    ClockSkewed: "3000011 3000012 7000010 7000011",
    SignatureRefused: "3000001 7000015",
    ReauthorizeShop: """
        3000030 3000031 3000034 7000003 7000007 7000018 7000020 110020002 110020003
    """,
    ScopeMissing: """
        3000032 7000019 7000022 110020008 110020009 140020001 140020015 180020001
        180020030
    """,
    ShopClosed: "140020003 180020008",
    AppMisconfigured: """
        3000019 3000020 3000021 3000022 3000025 3000026 3000027 3000028 3000033 5000000
        5000001 5000002 7000002 7000005 7000006
    """,
    AddressRefused: "5000003",
    ItemGone: "140020002",
    CallRejected: """
        3000000 3000002 3000003 3000004 3000010 3000013 3000014 3000040 7000008 7000013
        7000014 7000016 110020005 110020006 130010001 140020012 140020013 140020014
        150010003 150010105 150010188 150010189 150010190 150010191 150010192 150010197
        150010198 150010233 150011018 150011101 150011103 150013001 150013002 150013003
        150019004 180020003 180020004
    """,
}
EXPECTED = {int(code): error for error in CODES for code in CODES[error].split()}


def reply(
    envelope: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpReply:
    """Wrap a JSON value as it comes over the wire."""
    body = json.dumps(envelope).encode()
    return HttpReply(status=status, headers=headers or {}, body=body)


def refusal(code: object, message: str = "") -> HttpReply:
    """Make a failed call's reply."""
    return reply(
        {
            "success": False,
            "requestId": "us-0b0bfc9c",
            "errorCode": code,
            "errorMsg": message,
        }
    )


def error_of(wire: HttpReply) -> MarketplaceError:
    """Return the error that a reply is read as."""
    with pytest.raises(MarketplaceError) as caught:
        MARKETPLACE.read(CALL, wire)
    return caught.value


def test_a_success_gives_its_result() -> None:
    """The payload is what stands under `result`."""
    wire = reply({"success": True, "errorCode": 1000000, "result": {"total": 3}})

    assert MARKETPLACE.read(CALL, wire) == {"total": 3}


@pytest.mark.parametrize(
    "inner",
    [
        {"success": True, "errorCode": 0, "errorMsg": "SUC", "serverTime": 1},
        {"errorCode": 0, "errorMsg": "SUC"},
        {"errorCode": 1000000},
        {"success": None, "serverTime": 1},
    ],
)
def test_a_result_in_a_result_is_unwrapped(inner: dict[str, object]) -> None:
    """A second envelope is opened too."""
    wire = reply({"success": True, "result": {**inner, "result": {"total": 3}}})

    assert MARKETPLACE.read(CALL, wire) == {"total": 3}


def test_a_payload_with_a_field_called_result_stays_whole() -> None:
    """Only an envelope is opened, not any object with a `result`."""
    wire = reply({"success": True, "result": {"result": 1, "total": 3}})

    assert MARKETPLACE.read(CALL, wire) == {"result": 1, "total": 3}


@pytest.mark.parametrize(
    "inner",
    [
        {"success": False, "errorCode": 140020002, "errorMsg": "Order not found"},
        {"success": False, "errorCode": 140020002, "result": {"total": 3}},
        {"errorCode": 140020002, "result": {"total": 3}},
    ],
)
def test_a_success_around_a_failure_is_a_failure(inner: dict[str, object]) -> None:
    """The inner word counts, by its own code."""
    assert ItemGone is type(error_of(reply({"success": True, "result": inner})))


def test_success_decides_and_not_the_code() -> None:
    """A failed call may carry the code of success."""
    assert RetryLater is type(error_of(refusal(1000000, "pageSize")))


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_known_code_leads_to_its_error(code: int) -> None:
    """Each documented code has one meaning."""
    assert EXPECTED[code] is type(error_of(refusal(code)))


def test_no_code_is_forgotten() -> None:
    """The table of meanings has exactly the codes that are documented."""
    assert EXPECTED.keys() == MEANINGS.keys()


@pytest.mark.parametrize("code", [None, 0, -1, True, "?", 99, 140020099, 2**70, [1]])
def test_an_unknown_code_passes_by_itself(code: object) -> None:
    """Nobody loses a shop or a stream by a code that we have not met."""
    assert RetryLater is type(error_of(refusal(code)))


def test_a_code_may_come_as_text() -> None:
    """Digits are as good as a number."""
    assert ReauthorizeShop is type(error_of(refusal("3000034")))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("The application information query is abnormal", AppMisconfigured),
        ("the APPLICATION information query is abnormal.", AppMisconfigured),
        ("SYSTEM_EXCEPTION", RetryLater),
        ("Temu internal system error, please try again later.", RetryLater),
        ("", RetryLater),
    ],
)
def test_a_system_exception_is_told_apart_by_its_text(
    message: str, expected: type[MarketplaceError]
) -> None:
    """An app key that the gateway does not know comes under the same code."""
    assert expected is type(error_of(refusal(4000000, message)))


def test_an_error_carries_the_facts() -> None:
    """Endpoint, code, request id and Temu's words come along."""
    error = error_of(refusal(3000034, "access_token is expired"))

    assert error.endpoint == "bg.order.list.v2.get"
    assert error.code == 3000034
    assert error.request_id == "us-0b0bfc9c"
    assert error.http_status == 200
    assert error.message == "access_token is expired"


def test_an_error_without_words_gets_the_documented_ones() -> None:
    """A bare code is still explained."""
    assert (
        error_of(refusal(3000034)).message == "access_token is expired or was replaced"
    )


def test_a_message_is_one_short_line_without_tokens() -> None:
    """Line breaks, control characters, long words and long texts do not get through."""
    token = "canarytokencanarytokencanarytokencanarytokencanarytoken0001"

    error = error_of(refusal(3000000, f"bad\n\x1b[31m {token}, " + "very " * 100))

    assert error.message.startswith("bad [31m ***, very very")
    assert len(error.message) == 200
    assert "canary" not in repr(error)


@pytest.mark.parametrize("request_id", [None, 5, "", "x" * 65, "a b", "a\nb"])
def test_a_strange_request_id_is_left_out(request_id: object) -> None:
    """Only what looks like an id is passed on."""
    wire = reply({"success": False, "errorCode": 3000000, "requestId": request_id})

    assert error_of(wire).request_id is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 1),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "999999999"}, 3600),
        ({"retry-after": "-7"}, 1),
        ({"retry-after": "9" * 5000}, 1),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1),
    ],
)
@pytest.mark.parametrize("status", [200, 429])
def test_a_throttled_caller_pauses_for_at_least_a_second(
    status: int, headers: dict[str, str], seconds: int
) -> None:
    """Limits are counted per second; a longer wish of the server is kept."""
    envelope = {"success": False, "errorCode": 4000004}

    error = error_of(reply(envelope, status=status, headers=headers))

    assert isinstance(error, Throttled)
    assert timedelta(seconds=seconds) == error.retry_after


def test_too_many_requests_need_no_envelope() -> None:
    """The edge may refuse a call before the gateway sees it."""
    wire = HttpReply(status=429, headers={}, body=b"<html>slow down</html>")

    assert type(error_of(wire)) is Throttled


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_passes_by_itself(status: int) -> None:
    """Whatever the body says, a broken server is not believed."""
    envelope = {"success": False, "errorCode": 3000034}

    error = error_of(reply(envelope, status=status, headers={"retry-after": "9"}))

    assert (RetryLater, status) == (type(error), error.http_status)
    assert isinstance(error, RetryLater)
    assert timedelta(seconds=9) == error.retry_after


@pytest.mark.parametrize("status", [200, 302, 403, 404])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>Forbidden</h1></html>",
        b'{"success":true,"result":{"total":',
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"success"',
        b"{}",
        b'{"success":"true","result":{}}',
        b'{"success":null,"errorCode":3000034}',
        b'{"error_code":40003,"error_msg":""}',
    ],
)
def test_what_is_no_envelope_is_unreadable(status: int, body: bytes) -> None:
    """HTML, cut or foreign JSON, nothing at all: tried again later, and not shown."""
    error = error_of(HttpReply(status=status, headers={}, body=body))

    assert UnreadableReply is type(error)
    assert f"HTTP {status} with {len(body)} bytes: not Temu's envelope" == error.message


@pytest.mark.parametrize(
    "envelope",
    [
        {"success": True},
        {"success": True, "result": None},
        {"success": True, "result": {"success": True, "result": None}},
    ],
)
def test_a_success_without_a_result_is_unreadable(envelope: object) -> None:
    """Nothing is not taken for an empty answer."""
    assert UnreadableReply is type(error_of(reply(envelope)))
