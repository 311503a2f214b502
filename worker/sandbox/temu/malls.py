"""Temu's malls, their single-use codes and their access tokens; nothing refreshes here."""

from dataclasses import dataclass, field

from worker.sandbox.chance import dice, token
from worker.sandbox.options import SandboxOptions
from worker.sandbox.temu.verdicts import (
    EXPIRED_TOKEN,
    INVALID_CODE,
    UNKNOWN_TOKEN,
    Refused,
    Verdict,
)
from worker.sandbox.world.shops import Shop

CODE_LIFETIME = 600  # seconds

# What sellers grant; a call whose type is missing here is refused.
SCOPES = (
    "bg.open.accesstoken.info.get",
    "bg.order.list.v2.get",
    "bg.order.detail.v2.get",
    "temu.local.goods.list.retrieve",
    "bg.local.goods.sku.list.query",
)


@dataclass(slots=True, kw_only=True, eq=False)
class Mall:
    """One mall with the token that is valid now."""

    shop: Shop
    access_token: str = field(repr=False)
    expires_at: int
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    # None: the last one was used.
    code: str | None = field(default=None, repr=False)
    code_expires_at: int = 0


class Malls:
    """All malls of one zone; issues and looks up their codes and tokens."""

    def __init__(
        self, options: SandboxOptions, zone: str, shops: list[Shop], now: int
    ) -> None:
        self.zone = zone
        self._chance = dice(options.seed, "temu tokens", zone)
        self._lifetime = int(options.temu_token_lifetime.total_seconds())
        self._by_token: dict[str, Mall] = {}
        # What became of a token that once was valid.
        self._past: dict[str, Verdict] = {}
        self.all = [
            self._issue(Mall(shop=shop, access_token="", expires_at=0), now)
            for shop in shops
        ]

    def code(self, mall: Mall, now: int) -> str:
        """Return the mall's valid code; a new one if the last was used or is too old."""
        if mall.code is None or mall.code_expires_at <= now:
            mall.code = token(self._chance, 32)
            mall.code_expires_at = now + CODE_LIFETIME
        return mall.code

    def exchange(self, code: str, now: int) -> Mall:
        """Turn a single-use code into a new token; the older token ends.

        Raises:
            Refused: the code was used, is too old, or never was.
        """
        for mall in self.all:
            if mall.code == code and mall.code_expires_at > now:
                mall.code = None
                mall.scopes = list(SCOPES)
                self._end(mall, EXPIRED_TOKEN)
                return self._issue(mall, now)
        raise Refused(INVALID_CODE)

    def owner(self, access_token: str, now: int) -> Mall:
        """Return the mall that a token speaks for.

        Raises:
            Refused: the token is expired, replaced, revoked, or never was.
        """
        mall = self._by_token.get(access_token)
        if mall is None:
            raise Refused(self._past.get(access_token, UNKNOWN_TOKEN))
        if mall.expires_at <= now:
            raise Refused(EXPIRED_TOKEN)
        return mall

    def knows(self, access_token: str) -> bool:
        """Say whether this token is valid in this zone."""
        return access_token in self._by_token

    def revoke(self, mall_id: str) -> bool:
        """Let a seller withdraw the token; say whether there is such a mall."""
        for mall in self.all:
            if mall.shop.shop_id == mall_id:
                self._end(mall, UNKNOWN_TOKEN)
                return True
        return False

    def _issue(self, mall: Mall, now: int) -> Mall:
        mall.access_token = token(self._chance, 59)
        mall.expires_at = now + self._lifetime
        self._by_token[mall.access_token] = mall
        return mall

    def _end(self, mall: Mall, verdict: Verdict) -> None:
        self._by_token.pop(mall.access_token, None)
        self._past[mall.access_token] = verdict
