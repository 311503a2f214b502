"""Whether an error still says something about the seller when it is written down."""

from datetime import datetime

from sqlalchemy import Connection

from worker.domain.errors import SellersyncError
from worker.sync.setbacks import Verdict
from worker.tokens.outcomes import still_stands
from worker.tokens.seller import SellerCredentials


def verdict(seller: SellerCredentials) -> Verdict:
    """Return the question whether an error was about the token that is in force."""

    def stands(connection: Connection, error: SellersyncError, now: datetime) -> bool:
        return still_stands(connection, seller.used, error, now=now)

    return stands
