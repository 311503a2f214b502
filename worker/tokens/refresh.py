"""The refresh: one in flight per authorization, journaled before and after the call.

    lease + intent  ->  call  ->  sealed reply  ->  compare-and-set  ->  lease back

Each arrow is a commit. A crash leaves a lease that runs out and an open journal entry;
whoever takes the lease next settles the entry first. An intent without a reply was
ambiguous, and gets its one controlled replay (`worker.tokens.ambiguity`).
"""

from datetime import UTC, datetime
from uuid import uuid4

from worker.domain.calls import HttpReply, Work
from worker.domain.errors import (
    LeaseLost,
    OperatorError,
    ReauthorizeShop,
    SellersyncError,
    UnreadableReply,
)
from worker.domain.grants import AuthorizationState, Grant
from worker.store import journal
from worker.store.authorizations import Authorization, find_authorization
from worker.store.database import database_now
from worker.store.grants import spend_replay
from worker.store.refresh_leases import hold_lease, release_lease
from worker.tokens.ambiguity import prepare_replay
from worker.tokens.credentials import FixedCredentials
from worker.tokens.desk import TokenDesk
from worker.tokens.outcomes import back_off, bury
from worker.tokens.recovery import refuse_other_subject, settle_open_entries
from worker.tokens.replies import pack
from worker.tokens.states import move, replace_tokens
from worker.tokens.turns import Leased, is_wanted, try_lease, wait_for_lease


def refresh(
    desk: TokenDesk,
    authorization_id: int,
    *,
    handed: str | None = None,
    asked_at: datetime | None = None,
) -> Authorization:
    """Refresh if it is due, or if nobody has refreshed since `asked_at`; return the row.

    `handed` continues a lease that the scheduler took.

    Raises:
        LeaseLost: the handed lease is somebody else's now; there is nothing to do.
        ReauthorizeShop: only the seller can help.
        RetryLater: it passes by itself; the row says when it is tried again.
    """
    owner = uuid4().hex
    taken: Leased | Authorization | None
    if handed is None:
        taken = wait_for_lease(desk, authorization_id, owner, asked_at)
    else:
        taken = try_lease(desk, authorization_id, owner, handed)
    if taken is None:
        raise LeaseLost(f"authorization {authorization_id}: refreshed elsewhere")
    if isinstance(taken, Authorization):
        return taken
    authorization = taken.authorization
    try:
        authorization = _prepared(desk, authorization)
        if authorization.is_dead:
            raise dead(authorization)
        if not is_wanted(authorization, taken.at, asked_at):
            return authorization
        if authorization.state is AuthorizationState.AMBIGUOUS:
            prepare_replay(desk, authorization)
        return _renew(desk, authorization, owner)
    finally:
        with desk.database.write() as connection:
            release_lease(connection, authorization_id, owner=owner)


def dead(authorization: Authorization) -> ReauthorizeShop:
    """Return the error that stands for a dead authorization, without a call."""
    reason = authorization.last_error or authorization.state.value
    return ReauthorizeShop("token", f"the seller has to authorise again ({reason})")


def _prepared(desk: TokenDesk, authorization: Authorization) -> Authorization:
    """Settle what a crash left, first of all: it may hold the tokens that are missing.

    Raises:
        OperatorError: the app is not configured, or a key is missing; it backs off, so
            that others get their turn.
    """
    try:
        desk.apps.find(authorization.app_id)
        return settle_open_entries(desk, authorization)
    except OperatorError as error:
        with desk.database.write() as connection:
            back_off(connection, authorization, error, now=database_now(connection))
        raise


def seal_reply(desk: TokenDesk, entry_id: int, reply: HttpReply) -> None:
    """Make a reply durable before anything else is done with it."""
    sealed = desk.sealer.seal(pack(reply))
    with desk.database.write() as connection:
        journal.keep_reply(connection, entry_id, sealed, now=database_now(connection))


def _renew(desk: TokenDesk, authorization: Authorization, owner: str) -> Authorization:
    marketplace, app = desk.apps.find(authorization.app_id)
    entry_id = _open_entry(desk, authorization, owner)
    try:
        grant = desk.gateway.converse(
            marketplace.refresh(),
            marketplace=marketplace,
            app=app,
            credentials=FixedCredentials(authorization.credentials(desk.sealer)),
            work=Work.TOKENS,
            before_reading=lambda reply: seal_reply(desk, entry_id, reply),
        )
        refuse_other_subject(authorization, grant)
        _refuse_expired(authorization, grant)
    except SellersyncError as error:
        _fail(desk, authorization, entry_id, error)
        raise
    return _promote(desk, authorization, entry_id, grant)


def _refuse_expired(authorization: Authorization, grant: Grant) -> None:
    """Call a token dead that has ended and cannot be refreshed, whatever the reply's tone."""
    rotates = authorization.sealed_refresh_token is not None or grant.refresh_token
    if not rotates and grant.access_expires_at <= datetime.now(UTC):
        raise ReauthorizeShop(
            "token", f"it ended at {grant.access_expires_at:%Y-%m-%d %H:%M} UTC"
        )


def _open_entry(desk: TokenDesk, authorization: Authorization, owner: str) -> int:
    with desk.database.write() as connection:
        now = database_now(connection)
        # Frozen since the lease was taken? Then these tokens may be rotated by now.
        if not hold_lease(
            connection,
            authorization.id,
            owner=owner,
            version=authorization.version,
            until=now + desk.lease,
        ):
            raise LeaseLost(f"authorization {authorization.id}: refreshed elsewhere")
        if authorization.state is AuthorizationState.AMBIGUOUS:
            spend_replay(connection, authorization.id)
        move(
            connection,
            authorization,
            AuthorizationState.REFRESHING,
            now=now,
            refresh_at=authorization.refresh_at,
            failures=authorization.failures,
            last_error=authorization.last_error,
        )
        return journal.open_entry(
            connection,
            app_id=authorization.app_id,
            authorization_id=authorization.id,
            action="refresh",
            version=authorization.version,
            now=now,
        )


def _promote(
    desk: TokenDesk, authorization: Authorization, entry_id: int, grant: Grant
) -> Authorization:
    with desk.database.write() as connection:
        now = database_now(connection)
        saved = replace_tokens(
            desk,
            connection,
            authorization,
            grant,
            replaces=authorization.version,
            now=now,
        )
        # Somebody froze us past our lease and refreshed: their tokens are the newer ones.
        journal.settle(
            connection, entry_id, "promoted" if saved else "superseded", now=now
        )
        return find_authorization(connection, authorization.id)


def _fail(
    desk: TokenDesk,
    authorization: Authorization,
    entry_id: int,
    error: SellersyncError,
) -> None:
    with desk.database.write() as connection:
        now = database_now(connection)
        journal.settle(
            connection,
            entry_id,
            type(error).__name__,
            now=now,
            keep_reply=isinstance(error, UnreadableReply | OperatorError),
        )
        if isinstance(error, ReauthorizeShop):
            bury(connection, authorization, error, now=now)
        else:
            back_off(connection, authorization, error, now=now)
