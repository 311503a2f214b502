"""Finish the token calls whose process died, whether or not they are due again.

Of a new seller's exchange the kept reply is all there is: the code is spent.
"""

from collections.abc import Callable
from contextlib import suppress

from worker.domain.errors import MarketplaceError, OperatorError, SellersyncError
from worker.domain.grants import Grant
from worker.store import journal
from worker.store.database import database_now
from worker.store.events import record_event
from worker.tokens.connect import adopt
from worker.tokens.desk import TokenDesk
from worker.tokens.refresh import refresh
from worker.tokens.replies import read_again, unpack
from worker.tokens.shops import discover_shops


def settle_orphans(
    desk: TokenDesk, *, should_stop: Callable[[], bool] = lambda: False
) -> int:
    """Close every entry that nobody works on any more; return how many sellers it saved.

    Some need a call of the marketplace. What is left when it stops is found the next time.
    """
    with desk.database.read() as connection:
        before = database_now(connection) - desk.lease
        exchanges = journal.orphans(connection, before=before)
        refreshes = journal.unfinished(connection, before=before)
    saved = 0
    for orphan in exchanges:
        if should_stop():
            return saved
        # One that cannot be settled now must not hold up the others.
        with suppress(OperatorError):
            saved += _settle(desk, orphan)
    for number in refreshes:
        if should_stop():
            return saved
        saved += _finish(desk, number)
    return saved


def _finish(desk: TokenDesk, authorization_id: int) -> bool:
    """Take the lease and close what is open; whoever holds the lease does that first."""
    try:
        refresh(desk, authorization_id)
    except SellersyncError:
        # The row says how it stands, and when it is tried again.
        return False
    return True


def _settle(desk: TokenDesk, orphan: journal.Orphan) -> bool:
    _marketplace, app = desk.apps.find(orphan.app_id)
    try:
        grant = _read(desk, orphan)
    except MarketplaceError as error:
        _close(desk, orphan, type(error).__name__)
        return False
    if grant is None:
        _close(desk, orphan, "ambiguous")
        return False
    authorization_id = adopt(
        desk,
        app,
        grant,
        orphan.id,
        "adopted_after_crash",
        started_at=orphan.started_at,
    )
    try:
        discover_shops(desk, authorization_id, takes=True)
    except SellersyncError:
        # The tokens are safe; the next refresh looks for the shops again.
        return True
    return True


def _read(desk: TokenDesk, orphan: journal.Orphan) -> Grant | None:
    """Return the kept grant; a token given by hand is not in its own reply."""
    if orphan.sealed_reply is None or orphan.action != "exchange":
        return None
    marketplace, _app = desk.apps.find(orphan.app_id)
    reply = unpack(desk.sealer.open(orphan.sealed_reply))
    return read_again(marketplace, marketplace.exchange(), reply)


def _close(desk: TokenDesk, orphan: journal.Orphan, outcome: str) -> None:
    with desk.database.write() as connection:
        now = database_now(connection)
        journal.settle(connection, orphan.id, outcome, now=now)
        record_event(
            connection,
            "connect_interrupted",
            now=now,
            app_id=orphan.app_id,
            detail={
                "outcome": outcome,
                "advice": "Connect this seller once more, with a new code or the token.",
            },
        )
