"""What a marketplace says of a grant: checked before anything is believed.

A notification carries no time that is signed, so an old one may come again after the
seller has authorised anew. Only an answer to a call of ours moves the state.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from worker.domain.errors import ReauthorizeShop
from worker.store.authorizations import Authorization, authorization_of_shop
from worker.store.database import database_now
from worker.tokens.desk import TokenDesk
from worker.tokens.outcomes import bury
from worker.tokens.refresh import refresh
from worker.tokens.runway import tell_runway
from worker.tokens.shops import discover_shops

# The marketplace rounds; less than this is the same end.
_SAME = timedelta(days=1)


def check_grant(desk: TokenDesk, shop_key: str) -> str:
    """Ask whether the grant of a shop still holds; return what came of it.

    Raises:
        SellersyncError: nothing was proven; look again later.
    """
    found = _authorization(desk, shop_key)
    if found is None:
        return "not_connected"
    if found.is_dead:
        return "known"
    try:
        discover_shops(desk, found.id)
    except ReauthorizeShop as error:
        with desk.database.write() as connection:
            # Of these very tokens: those of a seller who has authorised again live on.
            bury(connection, found, error, now=database_now(connection))
        return "confirmed"
    return "still_valid"


def check_end(desk: TokenDesk, shop_key: str, ends: Sequence[datetime]) -> str:
    """Ask when the grant of a shop ends, if it was told otherwise, and tell operators.

    Raises:
        SellersyncError: nothing was proven; look again later.
    """
    found = _authorization(desk, shop_key)
    if found is None:
        return "not_connected"
    if found.is_dead:
        return "known"
    outcome = "known"
    if any(abs(found.ends_at - end) > _SAME for end in ends):
        # A refresh is what tells its times.
        with desk.database.read() as connection:
            now = database_now(connection)
        try:
            refresh(desk, found.id, asked_at=now)
        except ReauthorizeShop:
            return "confirmed"
        outcome = "asked"
    tell_runway(desk)
    return outcome


def _authorization(desk: TokenDesk, shop_key: str) -> Authorization | None:
    with desk.database.read() as connection:
        return authorization_of_shop(connection, shop_key)
