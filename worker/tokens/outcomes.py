"""What a failed token call, or a refused data call, means for an authorization."""

import random
from datetime import datetime

from sqlalchemy import Connection

from worker.domain.errors import (
    AnswerLost,
    BudgetExhausted,
    BudgetUnavailable,
    GrantRevoked,
    MarketplaceError,
    ReauthorizeShop,
    SellersyncError,
)
from worker.domain.grants import AuthorizationState
from worker.store import authorizations, resting, shops
from worker.store.authorizations import Authorization
from worker.store.grants import allow_replay
from worker.tokens.states import move
from worker.tokens.timing import next_attempt


def still_stands(
    connection: Connection,
    used: Authorization,
    error: SellersyncError,
    *,
    now: datetime,
) -> bool:
    """Tell whether a data call's refusal concerns the tokens in force; bury what is dead."""
    if isinstance(error, ReauthorizeShop):
        bury(connection, used, error, now=now)
        return authorizations.find_authorization(connection, used.id).is_dead
    current = authorizations.find_authorization(connection, used.id)
    return current.version == used.version


def bury(
    connection: Connection,
    authorization: Authorization,
    error: ReauthorizeShop,
    *,
    now: datetime,
) -> None:
    """Mark that only the seller can help: once, unless there are newer tokens already."""
    state = (
        AuthorizationState.REVOKED
        if isinstance(error, GrantRevoked)
        else AuthorizationState.NEEDS_REAUTHORIZATION
    )
    covered = shops.shop_keys(connection, authorization.id)
    buried = move(
        connection,
        authorization,
        state,
        now=now,
        refresh_at=None,
        failures=authorization.failures + 1,
        last_error=str(error),
        detail={"shops": covered, "advice": error.advice},
    )
    if buried:
        resting.suspend_streams(connection, covered)


def back_off(
    connection: Connection,
    authorization: Authorization,
    error: SellersyncError,
    *,
    now: datetime,
) -> None:
    """Plan the next attempt after a failure that may pass by itself."""
    # Waiting for one's turn is no failure.
    in_line = isinstance(error, BudgetExhausted | BudgetUnavailable)
    failures = authorization.failures + (0 if in_line else 1)
    move(
        connection,
        authorization,
        _state_after(authorization, error),
        now=now,
        refresh_at=next_attempt(
            failures,
            now=now,
            chance=random.random(),  # noqa: S311 -- spreads load, guards nothing
        ),
        failures=failures,
        last_error=str(error),
        detail={
            "advice": error.advice if isinstance(error, MarketplaceError) else None
        },
    )
    if not isinstance(error, AnswerLost):
        # It was answered, so the one replay of a lost answer is not spent yet.
        allow_replay(connection, authorization.id)


def _state_after(
    authorization: Authorization, error: SellersyncError
) -> AuthorizationState:
    """Return ambiguous where a rotation may have happened unseen."""
    rotates = authorization.sealed_refresh_token is not None
    if rotates and isinstance(error, AnswerLost):
        return AuthorizationState.AMBIGUOUS
    if authorization.state is AuthorizationState.AMBIGUOUS:
        return AuthorizationState.AMBIGUOUS
    return AuthorizationState.BACKING_OFF
