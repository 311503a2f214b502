"""An ambiguous refresh: the answer got lost, so the refresh token may be dead already.

It gets one more try, and not before a harmless call has shown that the marketplace
answers at all: an outage must not cost every seller that one try.
"""

from worker.domain.calls import Work
from worker.domain.errors import (
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    SellersyncError,
)
from worker.domain.grants import Grant
from worker.store.authorizations import Authorization
from worker.store.database import database_now
from worker.tokens.credentials import FixedCredentials
from worker.tokens.desk import TokenDesk
from worker.tokens.outcomes import back_off, bury


def prepare_replay(desk: TokenDesk, authorization: Authorization) -> None:
    """Prove that the one replay is still unspent and worth sending.

    Raises:
        ReauthorizeShop: it was spent; the authorization is flagged now.
        SellersyncError: the marketplace does not answer; it is tried again later.
    """
    if authorization.replayed_version == authorization.version:
        error = ReauthorizeShop("token refresh", "its answer got lost twice")
        with desk.database.write() as connection:
            bury(connection, authorization, error, now=database_now(connection))
        raise error
    try:
        _probe(desk, authorization)
    except SellersyncError as error:
        with desk.database.write() as connection:
            back_off(connection, authorization, error, now=database_now(connection))
        raise


def _probe(desk: TokenDesk, authorization: Authorization) -> None:
    """Ask with the old access token; any word of the marketplace will do."""
    marketplace, app = desk.apps.find(authorization.app_id)
    grant = Grant(
        subject=authorization.subject,
        access_token="",
        access_expires_at=authorization.access_expires_at,
    )
    try:
        desk.gateway.converse(
            marketplace.shops(grant, zone=app.zone),
            marketplace=marketplace,
            app=app,
            credentials=FixedCredentials(authorization.credentials(desk.sealer)),
            work=Work.TOKENS,
        )
    except RetryLater:
        raise
    except MarketplaceError:
        # Expired, refused, whatever: it answers, so the replay will be answered too.
        return
