"""Finish what a crash left in the journal: promote a kept reply, or say it was ambiguous."""

from worker.domain.errors import MarketplaceError, OperatorError
from worker.domain.grants import Grant
from worker.store import authorizations, journal
from worker.store.authorizations import Authorization
from worker.store.database import database_now
from worker.store.events import record_event
from worker.tokens.desk import TokenDesk
from worker.tokens.replies import read_again, unpack


def settle_open_entries(desk: TokenDesk, authorization: Authorization) -> Authorization:
    """Close all open entries of an authorization whose lease is ours; return it anew."""
    with desk.database.read() as connection:
        entries = journal.open_entries(connection, authorization.id)
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
    with desk.database.write() as connection:
        now = database_now(connection)
        if grant is not None and not authorizations.save_grant(
            connection,
            authorization.id,
            grant,
            replaces=entry.version,
            sealer=desk.sealer,
            now=now,
            refresh_at=desk.next_refresh(grant, now),
        ):
            outcome = "superseded"
        journal.settle(connection, entry.id, outcome, now=now)
        record_event(
            connection,
            "token_journal_settled",
            now=now,
            app_id=authorization.app_id,
            subject=authorization.subject,
            outcome=outcome,
        )
        return authorizations.find_authorization(connection, authorization.id)


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
    except (MarketplaceError, OperatorError) as error:
        return None, type(error).__name__
    return grant, "promoted_after_crash"
