"""The envelope around every answer: a payload, or the error that says what happens next.

https://partner.tiktokshop.com/docv2/page/common-errors
"""

import re

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import (
    MarketplaceError,
    RetryLater,
    Throttled,
    UnreadableReply,
)
from worker.domain.json_text import read_json
from worker.marketplaces.tiktok_shop import order_rows
from worker.marketplaces.tiktok_shop.codes import HOURLY_QUOTA, Meaning, meaning_of
from worker.marketplaces.tiktok_shop.pauses import requested_pause, until_next_hour

# HTTP; the two families by their first member.
REDIRECTION = 300
REQUEST_TIMEOUT = 408
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

# Longer than any code; Python refuses to read numbers of thousands of digits.
_CODE = re.compile(r"[0-9]{1,18}")
_REQUEST_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# As written in a body: the quotes of a text that says the same would be escaped.
_WRITTEN_ID = re.compile(rb'"request_id"\s*:\s*"([0-9A-Za-z_-]{1,64})"')
# The envelope is around the data, so its own members are at one end of the body.
_AN_END = 400  # bytes
_MESSAGE_LENGTH = 200
# Live messages end with an address of the help pages.
_HELP = re.compile(r"(?:for more details:?\s*)?https?://\S*", re.IGNORECASE)
# Letters and digits in one long word: it may be a token that is quoted back at us.
_TOKEN_LIKE = re.compile(r"(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{16,}", re.ASCII)


def read(call: Call, reply: HttpReply) -> object:
    """Return the `data` of a reply, a JSON object.

    Raises:
        MarketplaceError: the leaf that says what happens next.
    """
    if call.endpoint in order_rows.ENDPOINTS and reply.status < REDIRECTION:
        orders = order_rows.data_of(reply.body)
        if orders is not None:
            return orders
    envelope = _envelope(reply.body)
    code = _code(envelope.get("code"))
    data = envelope.get("data")
    if code == 0 and reply.status < REDIRECTION and isinstance(data, dict):
        return data
    raise _error(call, reply, envelope, code)


def request_id(reply: HttpReply) -> str | None:
    """Return the id of a reply without reading its data a second time."""
    body = reply.body
    found = _WRITTEN_ID.search(body[-_AN_END:]) or _WRITTEN_ID.search(body[:_AN_END])
    return found[1].decode() if found else _request_id(reply.headers.get("x-tts-logid"))


def _envelope(body: bytes) -> dict[str, object]:
    """Return the JSON object of a body, an empty one where there is none."""
    envelope = read_json(body)
    return envelope if isinstance(envelope, dict) else {}


def _code(value: object) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, str) and _CODE.fullmatch(value):
        return int(value)
    return None


def _error(
    call: Call, reply: HttpReply, envelope: dict[str, object], code: int | None
) -> MarketplaceError:
    """Build the error of a reply: the HTTP status first, then code and message together."""
    message = envelope.get("message")
    words = message if isinstance(message, str) else ""
    if code:
        meaning = meaning_of(code, words)
    elif code == 0:
        meaning = Meaning(UnreadableReply, f"HTTP {reply.status} and code 0, no data")
    else:
        meaning = Meaning(UnreadableReply, f"HTTP {reply.status}, not a JSON envelope")
    error, text = _by_status(reply.status, meaning), _told(meaning.text, words)
    request_id = _request_id(envelope.get("request_id"))
    if not issubclass(error, RetryLater):
        return error(
            call.endpoint,
            text,
            code=code,
            http_status=reply.status,
            request_id=request_id,
        )
    pause = requested_pause(reply.headers)
    if pause is None and code == HOURLY_QUOTA:
        pause = until_next_hour(reply.headers)
    return error(
        call.endpoint,
        text,
        code=code,
        http_status=reply.status,
        request_id=request_id,
        retry_after=pause,
    )


def _request_id(value: object) -> str | None:
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else None


def _by_status(status: int, meaning: Meaning) -> type[MarketplaceError]:
    if status == TOO_MANY_REQUESTS:
        return Throttled
    # A server in trouble cannot condemn a token, a shop or a request.
    in_trouble = status >= SERVER_ERROR or status == REQUEST_TIMEOUT
    if in_trouble and not issubclass(meaning.error, RetryLater):
        return RetryLater
    return meaning.error


def _told(ours: str, theirs: str) -> str:
    """Join our words and the server's: one line, no help address, no quoted token."""
    words = _HELP.sub("", theirs[: 10 * _MESSAGE_LENGTH])
    line = "".join(mark if mark.isprintable() else " " for mark in words)
    shown = _TOKEN_LIKE.sub("***", " ".join(line.split()))[:_MESSAGE_LENGTH]
    return f"{ours} ({shown})" if shown else ours
