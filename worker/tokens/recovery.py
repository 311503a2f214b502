"""Finish what a crash left in the journal: promote a kept reply, or say it was ambiguous."""

from datetime import datetime

from sqlalchemy import Connection

from worker.domain.errors import MarketplaceError, OperatorError, ReauthorizeShop
from worker.domain.grants import AuthorizationState, Grant
from worker.store import authorizations, journal
from worker.store.authorizations import Authorization
from worker.store.database import database_now
from worker.tokens.desk import TokenDesk
from worker.tokens.replies import read_again, unpack
from worker.tokens.states import move, replace_tokens


def settle_open_entries(desk: TokenDesk, authorization: Authorization) -> Authorization:
    """Close all open entries of an authorization whose lease is ours; return it anew."""
    with desk.database.read() as connection:
        entries = journal.open_entries(
            connection, authorization.id, version=authorization.version
        )
    for entry in entries:
        authorization = _settle(desk, authorization, entry)
    return authorization


def refuse_other_subject(authorization: Authorization, grant: Grant) -> None:
    """Refuse a token of another seller: it must never replace this one's.

    Raises:
        OperatorError: the grant is somebody else's.
    """
    if grant.subject != authorization.subject:
        raise OperatorError(
            f"the marketplace answered for seller {grant.subject}, not for "
            f"{authorization.subject}; connect {grant.subject} on its own"
        )


def _settle(
    desk: TokenDesk, authorization: Authorization, entry: journal.Entry
) -> Authorization:
    grant, outcome = _read(desk, authorization, entry)
    if entry.settled and grant is None:
        return authorization
    with desk.database.write() as connection:
        now = database_now(connection)
        if grant is not None and not replace_tokens(
            desk, connection, authorization, grant, replaces=entry.version, now=now
        ):
            outcome = "superseded"
        if outcome == "ambiguous" and entry.version == authorization.version:
            _call_ambiguous(connection, authorization, now=now)
        journal.settle(
            connection, entry.id, outcome, now=now, keep_reply=outcome == "ambiguous"
        )
        return authorizations.find_authorization(connection, authorization.id)


def _call_ambiguous(
    connection: Connection, authorization: Authorization, *, now: datetime
) -> None:
    # A token that is never rotated cannot have been lost: it is simply due again.
    if authorization.sealed_refresh_token is None:
        return
    move(
        connection,
        authorization,
        AuthorizationState.AMBIGUOUS,
        now=now,
        # Due since before this turn began, so that it goes on with the replay.
        refresh_at=min(authorization.refresh_at or now, authorization.refreshed_at),
        failures=authorization.failures + 1,
        last_error="a refresh was sent and its answer never arrived",
    )


def _read(
    desk: TokenDesk, authorization: Authorization, entry: journal.Entry
) -> tuple[Grant | None, str]:
    if entry.sealed_reply is None:
        return None, "ambiguous"
    marketplace, _app = desk.apps.find(authorization.app_id)
    reply = unpack(desk.sealer.open(entry.sealed_reply))
    try:
        grant = read_again(marketplace, marketplace.refresh(), reply)
        refuse_other_subject(authorization, grant)
    except ReauthorizeShop:
        # The marketplace's last word: the refresh that follows hears it again.
        return None, ReauthorizeShop.__name__
    except (MarketplaceError, OperatorError):
        # An error that was answered before the last attempt, or tokens that cannot be
        # read: either way a rotation may have happened unseen.
        return None, "ambiguous"
    return grant, "promoted_after_crash"
