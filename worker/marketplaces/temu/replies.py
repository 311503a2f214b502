"""Read Temu's envelope: the payload of a success, or the error that says what is next.

Temu answers nearly everything with HTTP 200; `success` decides, never the code alone. A
success can wrap a failure, and some order replies wrap the result a second time.
"""

import re
from datetime import timedelta

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import (
    AppMisconfigured,
    MarketplaceError,
    RetryLater,
    Throttled,
    UnreadableReply,
)
from worker.domain.json_text import read_json
from worker.marketplaces.temu.codes import MEANINGS, UNKNOWN, Meaning
from worker.marketplaces.temu.fields import Row

# Limits are counted per second, and no Retry-After is documented.
SHORTEST_PAUSE = timedelta(seconds=1)
# A longer wish would park every shop of the app on one strange header.
LONGEST_PAUSE = timedelta(hours=1)

_SUCCESS_CODES = frozenset({0, 1000000})
_SYSTEM_EXCEPTION = 4000000
# The EU gateway says so with the code above when it does not know the app key.
_UNKNOWN_APP = Meaning(AppMisconfigured, "application information query is abnormal")
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_TEXT_LIMIT = 200
# Keys, secrets and tokens have 32 characters or more; no word of a message has.
_LONG_WORD = re.compile(r"[\w-]{32,}", re.ASCII)
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
# As written in a body: the quotes of a text that says the same would be escaped.
_WRITTEN_ID = re.compile(rb'"requestId"\s*:\s*"([\w.-]{1,64})"')
# The envelope is around the result, so its own members are at one end of the body.
_AN_END = 400  # bytes


def read(call: Call, reply: HttpReply) -> object:
    """Return the `result` of a reply.

    Raises:
        MarketplaceError: the leaf that says what happens next.
    """
    if reply.status == _TOO_MANY_REQUESTS:
        raise _of_status(Throttled, call, reply)
    if reply.status >= _SERVER_ERROR:
        raise _of_status(RetryLater, call, reply)
    envelope = _envelope(reply.body)
    if envelope is None or not isinstance(envelope.get("success"), bool):
        raise _unreadable(call, reply, "not Temu's envelope")
    if envelope["success"] is False:
        raise _refusal(call, reply, envelope, outer=envelope)
    result = envelope.get("result")
    if isinstance(result, dict) and _wraps(result):
        if _failed(result):
            raise _refusal(call, reply, result, outer=envelope)
        result = result.get("result", result)
    if result is None:
        raise _unreadable(call, reply, "a success without a result")
    return result


def request_id(reply: HttpReply) -> str | None:
    """Return the id of a reply without reading its result a second time."""
    body = reply.body
    found = _WRITTEN_ID.search(body[:_AN_END]) or _WRITTEN_ID.search(body[-_AN_END:])
    return found[1].decode() if found else None


def _envelope(body: bytes) -> Row | None:
    parsed = read_json(body)
    return parsed if isinstance(parsed, dict) else None


def _wraps(result: Row) -> bool:
    """Tell a second envelope from a payload."""
    return not result.keys().isdisjoint({"success", "errorCode", "serverTime"})


def _failed(inner: Row) -> bool:
    if inner.get("success") is not None:
        return inner["success"] is not True
    return _code(inner) not in _SUCCESS_CODES | {None}


def _refusal(
    call: Call, reply: HttpReply, refused: Row, *, outer: Row
) -> MarketplaceError:
    code = _code(refused)
    text = _safe(refused.get("errorMsg"))
    meaning = UNKNOWN if code is None else MEANINGS.get(code, UNKNOWN)
    if code == _SYSTEM_EXCEPTION and _UNKNOWN_APP.text in text.lower():
        meaning = _UNKNOWN_APP
    error = meaning.error(
        call.endpoint,
        text or meaning.text,
        code=code,
        http_status=reply.status,
        request_id=_request_id(outer),
    )
    return _paused(error, reply)


def _of_status(
    kind: type[RetryLater], call: Call, reply: HttpReply
) -> MarketplaceError:
    status = reply.status
    return _paused(kind(call.endpoint, f"HTTP {status}", http_status=status), reply)


def _unreadable(call: Call, reply: HttpReply, reason: str) -> UnreadableReply:
    return UnreadableReply(
        call.endpoint,
        f"HTTP {reply.status} with {len(reply.body)} bytes: {reason}",
        http_status=reply.status,
    )


def _paused(error: MarketplaceError, reply: HttpReply) -> MarketplaceError:
    """Note how long the server wants to be left alone, where it matters."""
    if isinstance(error, RetryLater):
        # A date instead of seconds is not read: this code has no clock.
        wish = reply.headers.get("retry-after", "").strip()
        if _DIGITS.fullmatch(wish):
            error.retry_after = min(timedelta(seconds=int(wish)), LONGEST_PAUSE)
    if isinstance(error, Throttled):
        error.retry_after = error.retry_after or SHORTEST_PAUSE
    return error


def _code(envelope: Row) -> int | None:
    match envelope.get("errorCode"):
        case int(code):
            return code
        case str(digits) if _DIGITS.fullmatch(digits):
            return int(digits)
        case _:
            return None


def _safe(message: object) -> str:
    """Return one printable line in which nothing looks like a token."""
    if not isinstance(message, str):
        return ""
    printable = "".join(mark if mark.isprintable() else " " for mark in message)
    line = _LONG_WORD.sub("***", " ".join(printable.split()))
    return line if len(line) <= _TEXT_LIMIT else f"{line[: _TEXT_LIMIT - 1]}…"


def _request_id(envelope: Row) -> str | None:
    match envelope.get("requestId"):
        case str(request_id) if _REQUEST_ID.fullmatch(request_id):
            return request_id
        case _:
            return None
