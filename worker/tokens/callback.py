"""A seller comes back from the consent page: prove the link, use it up, exchange the code."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from worker.domain.consent import Consent
from worker.domain.errors import SellersyncError
from worker.domain.marketplace import Marketplace
from worker.store.database import database_now
from worker.store.spent_links import spend_link
from worker.tokens.connect import connect_by_code
from worker.tokens.desk import TokenDesk
from worker.tokens.links import AskForNewLink, Link, LinkFault, read_state
from worker.tokens.shops import Connected


class ConsentDenied(SellersyncError):
    """The seller did not agree; the same link may be opened again."""


def welcome_seller(
    desk: TokenDesk,
    marketplace: Marketplace,
    query: Mapping[str, str],
    *,
    lifetime: timedelta,
) -> Connected:
    """Connect the seller whose browser came back with these parameters.

    The link is used up for this code before the exchange. Loaded again, the same page goes
    on with the same code: after a crash it finishes what was begun, else it says the same.

    Raises:
        AskForNewLink: the link is not good.
        ConsentDenied: the seller did not agree.
        MarketplaceError: the exchange failed; the leaf says what happens next.
        OperatorError: the app of this zone is not configured, or nobody asked this seller.
    """
    consent = marketplace.consent(query)
    if not consent.state and consent.code and len(marketplace.zones) == 1:
        # After a scope was added, sellers renew what they gave without any link of ours.
        zone = consent.zone or marketplace.zones[0]
        _, app = desk.apps.choose(marketplace.name, zone)
        return connect_by_code(desk, marketplace, app, consent.code, known_only=True)
    link = _proved(desk, marketplace, consent, lifetime)
    if consent.refused is not None:
        raise ConsentDenied(f"the seller did not agree ({consent.refused[:60]})")
    # Where the marketplace names the zone itself, it knows better than whoever made the link.
    _, app = desk.apps.choose(marketplace.name, consent.zone or link.zone)
    digest = hashlib.sha256(consent.code.encode()).hexdigest()
    with desk.database.write() as connection:
        good = spend_link(
            connection,
            link.nonce,
            code_digest=digest,
            now=database_now(connection),
            expires_at=link.made_at + lifetime,
        )
    if not good:
        raise AskForNewLink(LinkFault.USED)
    return connect_by_code(desk, marketplace, app, consent.code)


def _proved(
    desk: TokenDesk, marketplace: Marketplace, consent: Consent, lifetime: timedelta
) -> Link:
    if not consent.state:
        raise AskForNewLink(LinkFault.UNASKED)
    with desk.database.read() as connection:
        now = database_now(connection)
    link = read_state(desk.sealer, consent.state, now=now, lifetime=lifetime)
    if link.marketplace != marketplace.name:
        raise AskForNewLink(LinkFault.OTHER_MARKETPLACE)
    return link
