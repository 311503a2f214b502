"""What a failed token call, or a refused data call, means for an authorization."""

import random
from datetime import datetime

from sqlalchemy import Connection

from worker.domain.errors import (
    AnswerLost,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    SellersyncError,
)
from worker.domain.grants import AuthorizationState
from worker.store import authorizations, shops
from worker.store.authorizations import Authorization
from worker.store.database import Database, database_now
from worker.store.events import record_event
from worker.tokens.timing import next_attempt


def report_dead(
    database: Database, authorization: Authorization, error: ReauthorizeShop
) -> None:
    """Stop an authorization that a data call was refused for."""
    with database.write() as connection:
        bury(connection, authorization, error, now=database_now(connection))


def bury(
    connection: Connection,
    authorization: Authorization,
    error: ReauthorizeShop,
    *,
    now: datetime,
) -> None:
    """Mark that only the seller can help: once, unless there are newer tokens already."""
    current = authorizations.find_authorization(connection, authorization.id)
    if current.is_dead or current.version != authorization.version:
        return
    authorizations.move(
        connection,
        authorization.id,
        AuthorizationState.NEEDS_REAUTHORIZATION,
        version=authorization.version,
        refresh_at=None,
        failures=authorization.failures + 1,
        last_error=str(error),
    )
    covered = shops.suspend_streams(connection, authorization.id)
    record_event(
        connection,
        "authorization_needs_seller",
        now=now,
        shop_key=covered[0] if covered else None,
        app_id=authorization.app_id,
        shops=covered,
        reason=str(error),
        advice=error.advice,
    )


def back_off(
    connection: Connection,
    authorization: Authorization,
    error: SellersyncError,
    *,
    now: datetime,
) -> None:
    """Plan the next attempt; an answer that got lost makes the authorization ambiguous."""
    ambiguous = isinstance(error, AnswerLost)
    failures = authorization.failures + 1
    authorizations.move(
        connection,
        authorization.id,
        AuthorizationState.AMBIGUOUS if ambiguous else AuthorizationState.BACKING_OFF,
        version=authorization.version,
        refresh_at=next_attempt(
            failures,
            now=now,
            chance=random.random(),  # noqa: S311 -- spreads load, guards nothing
        ),
        failures=failures,
        last_error=str(error),
    )
    if isinstance(error, RetryLater) and not ambiguous:
        return
    record_event(
        connection,
        "token_refresh_ambiguous" if ambiguous else "token_refresh_failed",
        now=now,
        app_id=authorization.app_id,
        subject=authorization.subject,
        reason=str(error),
        advice=error.advice if isinstance(error, MarketplaceError) else None,
    )
