"""Tokens: a seller's code into a grant, a grant renewed, the shops of a grant.

https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from worker.domain.calls import Call
from worker.domain.consent import Consent
from worker.domain.errors import OperatorError
from worker.domain.grants import Grant
from worker.domain.identity import App, Shop
from worker.domain.marketplace import Conversation
from worker.marketplaces.tiktok_shop import calls
from worker.marketplaces.tiktok_shop.fields import (
    NotAsDocumented,
    Row,
    answer_of,
    as_row,
    entries,
    listing,
    moment,
    required_text,
    text,
)
from worker.marketplaces.tiktok_shop.settings import CONSENT_URL, NAME, PREFIX


def authorize_url(app: App, *, state: str) -> str:
    """Return the link to the consent page; it leads back to where the app's page says.

    Raises:
        OperatorError: no service id is configured.
    """
    if not app.service_id:
        raise OperatorError(
            f"{PREFIX}SERVICE_ID is missing: the developer portal shows it beside "
            "the app, it is not the app key"
        )
    query = urlencode({"service_id": app.service_id, "state": state})
    return f"{app.consent_url or CONSENT_URL}/open/authorize?{query}"


def consent(query: Mapping[str, str]) -> Consent:
    """Read the parameters of the callback; a seller who says no comes with `code=null`.

    A seller who authorises anew in Seller Center, after a scope was added, comes without
    `state`.
    """
    code = query.get("code", "")
    agreed = code not in {"", "null"}
    return Consent(
        code=code if agreed else "",
        state=query.get("state", ""),
        refused=None if agreed else query.get("error") or "no code",
    )


def exchange() -> Conversation[Grant]:
    """Turn the credentials' authorization code into a grant; a code lives 30 minutes."""
    return (yield from _granted(calls.get_token()))


def refresh() -> Conversation[Grant]:
    """Renew the tokens; a `refresh_token` of None means that the old one stays."""
    return (yield from _granted(calls.refresh_token()))


def shops(grant: Grant, *, zone: str) -> Conversation[tuple[Shop, ...]]:
    """Find the shops of a grant; there may be none yet."""
    del grant  # its token asks, and the answer is about nobody else
    call = calls.authorized_shops()
    payload = yield call
    with answer_of(call.endpoint):
        return tuple(
            Shop(
                marketplace=NAME,
                zone=zone,
                shop_id=required_text(row, "id"),
                name=text(row, "name"),
                region=text(row, "region"),
                # Every other call names it `shop_cipher`.
                cipher=text(row, "cipher"),
            )
            for row in entries(as_row(payload, "data"), "shops")
        )


def _granted(call: Call) -> Conversation[Grant]:
    payload = yield call
    with answer_of(call.endpoint):
        return _grant(as_row(payload, "data"))


def _grant(row: Row) -> Grant:
    # Despite their names these are points in time, not spans: now + expire_in would be
    # some fifty years from now.
    access_expires_at = moment(row, "access_token_expire_in")
    if access_expires_at is None:
        raise NotAsDocumented("access_token_expire_in is missing")
    return Grant(
        subject=required_text(row, "open_id"),
        name=text(row, "seller_name"),
        region=text(row, "seller_base_region"),
        access_token=required_text(row, "access_token"),
        access_expires_at=access_expires_at,
        refresh_token=text(row, "refresh_token"),
        # As long as the seller's consent, which may end in the next century.
        refresh_expires_at=moment(row, "refresh_token_expire_in"),
        scopes=_scopes(row),
    )


def _scopes(row: Row) -> tuple[str, ...] | None:
    if row.get("granted_scopes") is None:
        return None
    scopes = listing(row, "granted_scopes")
    return tuple(scope for scope in scopes if isinstance(scope, str))
