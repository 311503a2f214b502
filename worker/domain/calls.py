"""One call to a marketplace: what is asked, what goes over the wire, what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Work(StrEnum):
    """What a call is for; the classes of work, most urgent first."""

    TOKENS = "tokens"
    WEBHOOK = "webhook"
    ORDERS = "orders"
    PRODUCTS = "products"
    BACKFILL = "backfill"
    RECONCILE = "reconcile"


class Host(StrEnum):
    """Which of an app's hosts a call goes to."""

    API = "api"
    AUTH = "auth"


class Signing(StrEnum):
    """How a call is signed."""

    STANDARD = "standard"
    # TikTok Shop before 202309: the body is not part of the signature.
    LEGACY = "legacy"
    # Token endpoints that carry the secret itself.
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of a marketplace, before keys, time and signature; holds no secret."""

    # TikTok Shop: the path. Temu: the `type`.
    endpoint: str
    method: str = "POST"
    # It can hold a shop's cipher and page tokens.
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    # None: no body at all.
    body: Mapping[str, object] | None = None
    host: Host = Host.API
    signing: Signing = Signing.STANDARD
    # Sent twice, it does the same as sent once. False for single-use codes and token rotation.
    repeatable: bool = True
    # Which shop's budget it counts against, where the marketplace counts per app and shop.
    shop_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A signed request, ready to send: exactly these bytes were signed."""

    method: str
    # With the query; it can hold secrets, so it is never logged.
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """What came back, unread."""

    status: int
    # Names in lower case.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
