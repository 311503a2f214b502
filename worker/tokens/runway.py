"""The runway: how long until only the seller can help, told in time and once per mark."""

from datetime import datetime, timedelta

from worker.domain.errors import OperatorError
from worker.store import authorizations
from worker.store.authorizations import Authorization
from worker.store.database import database_now
from worker.store.events import record_event
from worker.store.shops import shop_keys
from worker.tokens.desk import TokenDesk
from worker.tokens.links import make_state

# Days before the end of an authorization.
MARKS = (30, 14, 7, 1)


def tell_runway(desk: TokenDesk) -> int:
    """Record an event for each authorization that has passed a mark; return how many."""
    with desk.database.write() as connection:
        now = database_now(connection)
        near = authorizations.ending_before(connection, now + timedelta(days=MARKS[0]))
        told = 0
        for authorization in near:
            mark = passed_mark(authorization.ends_at, now=now)
            known = authorization.runway_told
            if mark is None or (known is not None and known <= mark):
                continue
            covered = shop_keys(connection, authorization.id)
            record_event(
                connection,
                "authorization_ends_soon",
                now=now,
                shop_key=covered[0] if len(covered) == 1 else None,
                app_id=authorization.app_id,
                detail={
                    "subject": authorization.subject,
                    "days": mark,
                    "ends_at": authorization.ends_at.isoformat(),
                    "shops": covered,
                    "link": _link(desk, authorization, now),
                    "advice": "Send the seller the link.",
                },
            )
            authorizations.remember_runway(connection, authorization.id, mark)
            told += 1
    return told


def passed_mark(ends_at: datetime, *, now: datetime) -> int | None:
    """Return the smallest mark that was passed; None while the end is further away."""
    left = ends_at - now
    passed = [days for days in MARKS if left <= timedelta(days=days)]
    return min(passed, default=None)


def _link(desk: TokenDesk, authorization: Authorization, now: datetime) -> str:
    try:
        marketplace, app = desk.apps.find(authorization.app_id)
        state = make_state(desk.sealer, app, now=now)
        return marketplace.authorize_url(app, state=state)
    except OperatorError as error:
        # The event matters more than the link; it says what is missing for it.
        return str(error)
