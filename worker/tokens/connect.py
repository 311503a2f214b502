"""Connect a seller: exchange the code, store the authorization, find the shops."""

from dataclasses import dataclass

from worker.domain.calls import Work
from worker.domain.errors import OperatorError, SellersyncError
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.marketplace import Marketplace
from worker.store import authorizations, journal, shops
from worker.store.database import database_now
from worker.store.events import record_event
from worker.tokens.credentials import FixedCredentials
from worker.tokens.desk import TokenDesk
from worker.tokens.refresh import seal_reply
from worker.tokens.seller import SellerCredentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A seller whose authorization is stored."""

    authorization_id: int
    name: str | None
    shops: tuple[Shop, ...]
    # The keys that were not known before.
    added: tuple[str, ...]


def connect_by_code(
    desk: TokenDesk, marketplace: Marketplace, app: App, auth_code: str
) -> Connected:
    """Exchange a single-use code for tokens.

    Raises:
        ReauthorizeShop: the code is used, expired or wrong.
    """
    return _connect(desk, marketplace, app, Credentials(auth_code=auth_code))


def connect_by_token(
    desk: TokenDesk, marketplace: Marketplace, app: App, access_token: str
) -> Connected:
    """Adopt an access token that the seller copied from the marketplace's page.

    Raises:
        ReauthorizeShop: the token is expired, replaced or wrong.
    """
    return _connect(desk, marketplace, app, Credentials(access_token=access_token))


def discover_shops(desk: TokenDesk, authorization_id: int) -> Connected:
    """Ask which shops an authorization covers, and store them."""
    with desk.database.read() as connection:
        found = authorizations.find_authorization(connection, authorization_id)
    marketplace, app = desk.apps.find(found.app_id)
    grant = Grant(
        subject=found.subject,
        name=found.name,
        region=found.region,
        access_token="",
        access_expires_at=found.access_expires_at,
    )
    covered = desk.gateway.converse(
        marketplace.shops(grant, zone=app.zone),
        marketplace=marketplace,
        app=app,
        credentials=SellerCredentials(desk, authorization_id),
        work=Work.TOKENS,
    )
    with desk.database.write() as connection:
        now = database_now(connection)
        added = shops.remember_shops(connection, authorization_id, covered, now=now)
        for shop_key in added:
            record_event(
                connection,
                "shop_found",
                now=now,
                shop_key=shop_key,
                app_id=app.app_id,
            )
    return Connected(
        authorization_id=authorization_id,
        name=found.name,
        shops=covered,
        added=tuple(added),
    )


def _connect(
    desk: TokenDesk, marketplace: Marketplace, app: App, credentials: Credentials
) -> Connected:
    by_code = bool(credentials.auth_code)
    with desk.database.write() as connection:
        now = database_now(connection)
        authorizations.remember_app(connection, app, now=now)
        entry_id = journal.open_entry(
            connection,
            app_id=app.app_id,
            authorization_id=None,
            action="exchange" if by_code else "adopt",
            version=None,
            now=now,
        )
    try:
        grant = desk.gateway.converse(
            marketplace.exchange() if by_code else marketplace.refresh(),
            marketplace=marketplace,
            app=app,
            credentials=FixedCredentials(credentials),
            work=Work.TOKENS,
            before_reading=lambda reply: seal_reply(desk, entry_id, reply),
        )
    except SellersyncError as error:
        with desk.database.write() as connection:
            journal.settle(
                connection,
                entry_id,
                type(error).__name__,
                now=database_now(connection),
            )
        raise
    return _adopt(desk, app, _complete(grant, credentials), entry_id)


def _complete(grant: Grant, credentials: Credentials) -> Grant:
    """Add the token that was given by hand: a reply that only looks at it leaves it out."""
    if grant.access_token:
        return grant
    if not credentials.access_token:
        raise OperatorError("the marketplace gave no access token; authorise once more")
    return Grant(
        subject=grant.subject,
        name=grant.name,
        region=grant.region,
        access_token=credentials.access_token,
        access_expires_at=grant.access_expires_at,
        scopes=grant.scopes,
    )


def _adopt(desk: TokenDesk, app: App, grant: Grant, entry_id: int) -> Connected:
    # The tokens are stored before anything else is asked: the code is spent.
    with desk.database.write() as connection:
        now = database_now(connection)
        authorization_id = authorizations.adopt_grant(
            connection,
            app,
            grant,
            sealer=desk.sealer,
            now=now,
            refresh_at=desk.next_refresh(grant, now),
        )
        shops.revive_streams(connection, authorization_id, now=now)
        journal.settle(connection, entry_id, "adopted", now=now)
        record_event(
            connection,
            "seller_connected",
            now=now,
            app_id=app.app_id,
            subject=grant.subject,
        )
    return discover_shops(desk, authorization_id)
