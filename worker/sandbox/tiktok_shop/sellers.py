"""TikTok Shop sellers, what they granted to the app, and the tokens that stand for it."""

from dataclasses import dataclass, field
from datetime import timedelta

from worker.sandbox.chance import dice, token
from worker.sandbox.options import SandboxOptions
from worker.sandbox.tiktok_shop.verdicts import (
    CODE_USED,
    REFRESH_TOKEN_EXPIRED,
    REFRESH_TOKEN_UNKNOWN,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    TOKEN_REVOKED,
    Refused,
    Verdict,
)
from worker.sandbox.world.shops import Shop

AUTH_CODE_LIFETIME = 1800  # seconds

SCOPES = ("seller.authorization.info", "seller.product.basic", "seller.order.info")


@dataclass(slots=True, kw_only=True, eq=False)
class Seller:
    """One seller account with its shops."""

    open_id: str
    name: str
    region: str
    shops: list[Shop]
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    # None: the last one was used.
    auth_code: str | None = field(default=None, repr=False)
    code_expires_at: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Grant:
    """A seller's valid tokens."""

    seller: Seller
    access_token: str = field(repr=False)
    access_expires_at: int
    refresh_token: str = field(repr=False)
    refresh_expires_at: int


class Sellers:
    """All sellers of the app; issues, rotates and looks up their codes and tokens."""

    def __init__(self, options: SandboxOptions, shops: list[list[Shop]]) -> None:
        self._options = options
        self._chance = dice(options.seed, "tiktok_shop tokens")
        self.all = [
            Seller(
                open_id=token(dice(options.seed, "open_id", number), 32),
                name=f"Seller {number + 1}",
                region=owned[0].market.region if owned else "GB",
                shops=owned,
            )
            for number, owned in enumerate(shops)
        ]
        self._grants: dict[str, Grant] = {}
        self._by_access: dict[str, Grant] = {}
        self._by_refresh: dict[str, Grant] = {}
        # What became of tokens that once were valid.
        self._past_access: dict[str, Verdict] = {}
        self._past_refresh: set[str] = set()

    def auth_code(self, seller: Seller, now: int) -> str:
        """Return the seller's valid code; a new one if the last was used or is too old."""
        if seller.auth_code is None or seller.code_expires_at <= now:
            seller.auth_code = "ROW_" + token(self._chance, 40)
            seller.code_expires_at = now + AUTH_CODE_LIFETIME
        return seller.auth_code

    def exchange(self, code: str, now: int) -> Grant:
        """Turn a single-use code into a new grant of everything; an older grant ends.

        Raises:
            Refused: the code was used, is too old, or never was.
        """
        for seller in self.all:
            if seller.auth_code == code and seller.code_expires_at > now:
                seller.auth_code = None
                seller.scopes = list(SCOPES)
                ends_at = now + _seconds(self._options.refresh_token_lifetime)
                return self._issue(seller, now, ends_at=ends_at)
        raise Refused(CODE_USED)

    def refresh(self, refresh_token: str, now: int) -> Grant:
        """Replace both tokens of the grant that this refresh token belongs to.

        Raises:
            Refused: the token was replaced or revoked, is too old, or never was.
        """
        grant = self._by_refresh.get(refresh_token)
        if grant is None:
            raise Refused(REFRESH_TOKEN_UNKNOWN)
        if grant.refresh_expires_at <= now:
            raise Refused(REFRESH_TOKEN_EXPIRED)
        # The grant ends when the seller said, however often it is refreshed.
        return self._issue(grant.seller, now, ends_at=grant.refresh_expires_at)

    def was_replaced(self, refresh_token: str) -> bool:
        """Say whether this refresh token once was valid and is no more."""
        return refresh_token in self._past_refresh

    def owner(self, access_token: str, now: int) -> Seller:
        """Return the seller that an access token speaks for.

        Raises:
            Refused: the token is expired, replaced, revoked, or never was.
        """
        grant = self._by_access.get(access_token)
        if grant is None:
            raise Refused(self._past_access.get(access_token, TOKEN_INVALID))
        if grant.access_expires_at <= now:
            raise Refused(TOKEN_EXPIRED)
        return grant.seller

    def holder(self, *, access_token: str = "", refresh_token: str = "") -> str:
        """Return the open_id behind a valid token, or an empty text."""
        grant = self._by_access.get(access_token) or self._by_refresh.get(refresh_token)
        return grant.seller.open_id if grant else ""

    def expire_access(self, access_token: str | None = None, *, now: int) -> None:
        """End this access token, or every access token, before its time."""
        for grant in self._grants.values():
            if access_token in {None, grant.access_token}:
                grant.access_expires_at = min(grant.access_expires_at, now)

    def revoke(self, open_id: str) -> bool:
        """Let a seller withdraw the grant; say whether there is such a seller."""
        self._end(open_id, TOKEN_REVOKED)
        return any(seller.open_id == open_id for seller in self.all)

    def _issue(self, seller: Seller, now: int, *, ends_at: int) -> Grant:
        # The documentation leaves open whether old tokens live on; a strict server is
        # the harder test.
        self._end(seller.open_id, TOKEN_EXPIRED)
        lifetime = _seconds(self._options.access_token_lifetime)
        grant = Grant(
            seller=seller,
            access_token="ROW_" + token(self._chance, 60),
            access_expires_at=now + lifetime,
            refresh_token="ROW_" + token(self._chance, 60),
            refresh_expires_at=ends_at,
        )
        self._grants[seller.open_id] = grant
        self._by_access[grant.access_token] = grant
        self._by_refresh[grant.refresh_token] = grant
        return grant

    def _end(self, open_id: str, verdict: Verdict) -> None:
        grant = self._grants.pop(open_id, None)
        if grant is None:
            return
        del self._by_access[grant.access_token]
        del self._by_refresh[grant.refresh_token]
        self._past_access[grant.access_token] = verdict
        self._past_refresh.add(grant.refresh_token)


def _seconds(lifetime: timedelta) -> int:
    return int(lifetime.total_seconds())
