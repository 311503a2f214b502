"""Page tokens: both kinds are offsets in disguise, so rows that move shift the pages."""

import base64
import binascii
import zlib

from worker.sandbox.tiktok_shop.filters import whole_number
from worker.sandbox.tiktok_shop.verdicts import Refused, parameter

# Makes every order token contain `+`, `/` and `=`, which must be signed unescaped.
_PREFIX = b"\xfb\xff\xbf"
_OFFSET_BYTES = 4
_CHECK_BYTES = 3
_WRONG_TOKEN = parameter("page_token", "the token of the page before")


def order_token(offset: int, question: str) -> str:
    """Return the token of an order page; it only fits the same question."""
    check = _check(question)
    token = _PREFIX + offset.to_bytes(_OFFSET_BYTES, "big") + check
    return base64.b64encode(token).decode()


def order_offset(token: str | None, question: str) -> int:
    """Return the offset behind an order token; no token is the first page."""
    if not token:
        return 0
    raw = _decode(token)
    expected = len(_PREFIX) + _OFFSET_BYTES + _CHECK_BYTES
    if len(raw) != expected or raw[-_CHECK_BYTES:] != _check(question):
        raise Refused(_WRONG_TOKEN)
    return int.from_bytes(raw[len(_PREFIX) : -_CHECK_BYTES], "big")


def product_token(offset: int) -> str:
    """Return the token of a product page, which is `offset=N` for everyone to see."""
    return base64.b64encode(f"offset={offset}\n".encode()).decode()


def product_offset(token: str | None) -> int:
    """Return the offset behind a product token; no token is the first page."""
    if not token:
        return 0
    name, _, number = _decode(token).strip().partition(b"=")
    offset = whole_number(number.decode("latin-1"))
    if name != b"offset" or offset is None:
        raise Refused(_WRONG_TOKEN)
    return offset


def _check(question: str) -> bytes:
    return zlib.crc32(question.encode()).to_bytes(4, "big")[:_CHECK_BYTES]


def _decode(token: str) -> bytes:
    try:
        return base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(_WRONG_TOKEN) from None
