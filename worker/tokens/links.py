"""The `state` of a link to a seller: signed by us, for one app, good once and for a while.

Nothing is stored before a link is used, so anybody with the encryption keys can make one.
Whoever holds a link may connect a seller with it, so it names no secret and proves only
that we asked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_urlsafe

from itsdangerous import BadData, URLSafeSerializer

from worker.domain.errors import SellersyncError
from worker.domain.identity import App
from worker.store.sealing import Sealer

_PURPOSE = "sellersync: the state of a link to a seller"


class LinkFault(StrEnum):
    """Why a link is not good."""

    FORGED = "not signed by us"
    EXPIRED = "too old"
    USED = "used before"
    OTHER_MARKETPLACE = "of another marketplace"
    UNASKED = "no link of ours at all"


class AskForNewLink(SellersyncError):
    """A seller came back with a state that is not good; only a new link helps."""

    def __init__(self, fault: LinkFault) -> None:
        self.fault = fault
        super().__init__(f"the link is {fault}; send the seller a new one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a state says, once its signature has been proved."""

    nonce: str
    marketplace: str
    zone: str
    made_at: datetime


def make_state(sealer: Sealer, app: App, *, now: datetime) -> str:
    """Return a new state for a link to an app's consent page."""
    nonce = token_urlsafe(12)
    content = [nonce, app.marketplace, app.zone, int(now.timestamp())]
    return _signer(sealer).dumps(content)


def read_state(
    sealer: Sealer, state: str, *, now: datetime, lifetime: timedelta
) -> Link:
    """Prove a state and return what it says.

    Raises:
        AskForNewLink: it was not made here, or too long ago.
    """
    try:
        nonce, marketplace, zone, made_at = _signer(sealer).loads(state)
    except BadData:
        raise AskForNewLink(LinkFault.FORGED) from None
    link = Link(
        nonce=nonce,
        marketplace=marketplace,
        zone=zone,
        made_at=datetime.fromtimestamp(made_at, UTC),
    )
    if now >= link.made_at + lifetime:
        raise AskForNewLink(LinkFault.EXPIRED)
    return link


def _signer(sealer: Sealer) -> URLSafeSerializer:
    return URLSafeSerializer(
        sealer.derived(_PURPOSE),
        salt=b"state",
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )
