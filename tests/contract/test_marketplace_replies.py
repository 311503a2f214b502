"""Every answer to every call: what nobody documents passes by itself."""

from collections.abc import Generator

import orjson
import pytest

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import (
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    Throttled,
)
from worker.domain.marketplace import Marketplace

Asked = tuple[Marketplace, Call]
Conversation = Generator[Call, object, object]

NOT_JSON = {
    "empty": b"",
    "html": b"<!doctype html><html><body>Just a moment...</body></html>",
    "plain text": b"404 page not found",
    "cut": b'{"code": 0, "success": true, "data": {"orders": [{"id": "17',
    "binary": b"\x1f\x8b\x08\x00\xff",
    "nesting without end": b"[" * 50_000,
}
NOT_AN_ENVELOPE = {
    "null": b"null",
    "a list": b"[]",
    "a text": b'"ok"',
    "a number": b"0",
    "an empty object": b"{}",
    "somebody else's object": b'{"status": "ok"}',
}
UNREADABLE = NOT_JSON | NOT_AN_ENVELOPE

# More calls than one conversation can need for one page, order or product.
ENDLESS = 200


def unknown(message: str = "made up") -> bytes:
    """An error in the words of every marketplace, with a code that none has."""
    return orjson.dumps(
        {
            "code": 987654321,
            "errorCode": 987654321,
            "error_code": 987654321,
            "success": False,
            "message": message,
            "errorMsg": message,
            "error_msg": message,
            "data": None,
            "result": None,
        }
    )


def error_of(
    asked: Asked, status: int, body: bytes, headers: dict[str, str] | None = None
) -> MarketplaceError:
    """The error that a reply is read as."""
    marketplace, call = asked
    with pytest.raises(MarketplaceError) as caught:
        marketplace.read(
            call, HttpReply(status=status, headers=headers or {}, body=body)
        )
    return caught.value


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 408, 500, 502, 504])
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_envelope_passes_by_itself(
    asked: Asked, status: int, body: bytes
) -> None:
    """A proxy, a firewall or a cut line condemns no token, shop or call."""
    assert isinstance(error_of(asked, status, body), RetryLater)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500, 503])
def test_an_unknown_code_passes_by_itself(asked: Asked, status: int) -> None:
    """Marketplaces add codes without telling."""
    assert isinstance(error_of(asked, status, unknown()), RetryLater)


@pytest.mark.parametrize("body", [*NOT_JSON.values(), unknown()], ids=repr)
def test_too_many_requests_is_throttling(asked: Asked, body: bytes) -> None:
    """HTTP 429 says it, whoever answers."""
    assert isinstance(error_of(asked, 429, body), Throttled)


def test_an_error_gives_nothing_away(asked: Asked, secrets: frozenset[str]) -> None:
    """A server may quote a token back at us, in its words or anywhere else."""
    quoting = " ".join(sorted(secrets))
    for body in (unknown(quoting), quoting.encode(), b'{"x": "' + quoting.encode()):
        error = error_of(asked, 401, body, {"x-echo": quoting})
        shown = f"{error} {error!r} {error.message} {vars(error)}"

        assert not [secret for secret in secrets if secret in shown]


def test_an_error_names_the_call(asked: Asked) -> None:
    """Whoever reads it knows where to look."""
    error = error_of(asked, 502, b"")

    assert error.endpoint == asked[1].endpoint
    assert error.http_status == 502


@pytest.mark.parametrize(
    "error",
    [RetryLater("endpoint", "later"), ReauthorizeShop("endpoint", "ended")],
    ids=["later", "ended"],
)
def test_a_conversation_lets_errors_through(
    conversation: Conversation, error: MarketplaceError
) -> None:
    """Whoever drives it decides what happens next."""
    if next(conversation, None) is None:
        pytest.skip("this conversation asks nothing")
    with pytest.raises(MarketplaceError) as caught:
        conversation.throw(error)

    assert caught.value is error


@pytest.mark.parametrize("payload", [None, [], "text", 7, 1.5, True], ids=repr)
def test_what_is_no_payload_is_not_taken_for_an_empty_one(
    conversation: Conversation, payload: object
) -> None:
    """An empty page would end the walk, an empty answer would mean "gone"."""
    if next(conversation, None) is None:
        pytest.skip("this conversation asks nothing")
    with pytest.raises(RetryLater):
        conversation.send(payload)


@pytest.mark.parametrize("payload", [{}, {"x": 1}], ids=repr)
def test_a_conversation_survives_an_empty_payload(
    conversation: Conversation, payload: object
) -> None:
    """It ends with a result or a typed error, and it ends."""
    try:
        next(conversation)
        for _ in range(ENDLESS):
            conversation.send(payload)
    except (StopIteration, MarketplaceError):
        return

    pytest.fail("this conversation goes on for ever")


def test_half_an_emoji_does_not_poison_the_page(asked: Asked) -> None:
    """A text that was cut within it is read with a question mark, like any other row."""
    marketplace, call = asked
    rows = rb'{"text": "thanks \uD83D", "whole": "\ud83d\ude00"}'
    body = (
        rb'{"code": 0, "success": true, "errorCode": 1000000, "data": '
        + rows
        + rb', "result": '
        + rows
        + rb"}"
    )

    assert marketplace.read(call, HttpReply(status=200, headers={}, body=body)) == {
        "text": "thanks ?",
        "whole": "\N{GRINNING FACE}",
    }
