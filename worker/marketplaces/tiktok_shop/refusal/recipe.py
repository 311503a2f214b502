"""A signature of TikTok Shop in its ingredients: the right ones, or some that are not."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from worker.domain.calls import HttpRequest
from worker.marketplaces.tiktok_shop.signing import UNSIGNED, signs_body

Pair = tuple[str, str]
LEGACY = "/api/"
# /order/202309/orders/search, and /api/orders/search before 202309.
_PATH = re.compile(r"/api/[a-z]|/[a-z_]+/20\d{4}/")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request as it was sent."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, request: HttpRequest) -> "Sent":
        """Take a request apart; the names of headers become lower case."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        return cls(url=request.url, headers=headers, body=request.body or b"")

    @cached_property
    def _parts(self) -> SplitResult:
        try:
            return urlsplit(self.url)
        except ValueError:  # an address that is none
            return SplitResult("", "", "", "", "")

    @property
    def host(self) -> str:
        """The host, as the address has it."""
        return self._parts.netloc

    @property
    def path(self) -> str:
        """The path, as the address has it, without what a proxy puts in front."""
        found = _PATH.search(self._parts.path)
        return self._parts.path[found.start() :] if found else self._parts.path

    @property
    def is_api(self) -> bool:
        """Is the path one of TikTok Shop's?"""
        return bool(_PATH.search(self._parts.path))

    @property
    def raw_query(self) -> str:
        """The query as it is on the wire."""
        return self._parts.query

    @property
    def unsigned_query(self) -> str:
        """The query as it was before `sign` was added."""
        parts = self.raw_query.split("&")
        return "&".join(part for part in parts if not part.startswith("sign="))

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The query as the server reads it."""
        return tuple(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def encoded_pairs(self) -> tuple[Pair, ...]:
        """The query with its values as they are on the wire."""
        found = [part.partition("=") for part in self.raw_query.split("&") if part]
        return tuple((unquote(name), value) for name, _, value in found)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query by name."""
        return dict(self.pairs)

    @property
    def token(self) -> str:
        """The access token, wherever it is."""
        header = self.headers.get("x-tts-access-token", "")
        return header or self.query.get("access_token", "")

    @property
    def is_legacy(self) -> bool:
        """Calls from before 202309 sign no body."""
        return self.path.startswith(LEGACY)

    @property
    def signs_body(self) -> bool:
        """Is the body part of the signature?"""
        content_type = self.headers.get("content-type", "application/json")
        return signs_body(content_type, legacy=self.is_legacy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a signature is made."""

    sent: Sent = field(repr=False)
    key: str = field(repr=False)
    before: str = field(repr=False)
    path: str
    pairs: tuple[Pair, ...] = field(repr=False)
    body: bytes = field(repr=False)
    after: str = field(repr=False)
    # What is put between a name and its value, and between pairs.
    glue: Pair = ("", "")
    order: Callable[[Pair], Any] | None = lambda pair: pair[0]
    body_is_last: bool = False
    digest: Callable[[bytes, bytes], bytes] = lambda key, message: hmac.digest(
        key, message, "sha256"
    )
    text: Callable[[bytes], str] = bytes.hex

    def sign(self) -> str:
        """Return what comes out of it."""
        pairs = sorted(self.pairs, key=self.order) if self.order else self.pairs
        equals, ampersand = self.glue
        joined = ampersand.join(name + equals + value for name, value in pairs)
        parts = [self.body, self.after.encode()]
        message = b"".join(
            (
                f"{self.before}{self.path}{joined}".encode(errors="surrogatepass"),
                *(reversed(parts) if self.body_is_last else parts),
            )
        )
        return self.text(self.digest(self.key.encode(), message))


def right(sent: Sent, app_secret: str) -> Recipe:
    """Return how the signature of a request is made."""
    return Recipe(
        sent=sent,
        key=app_secret,
        before=app_secret,
        path=sent.path,
        pairs=tuple(pair for pair in sent.pairs if pair[0] not in UNSIGNED),
        body=sent.body if sent.signs_body else b"",
        after=app_secret,
    )
