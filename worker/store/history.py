"""Where a stream's live windows begin: from then on its history is slices."""

from datetime import datetime

from sqlalchemy import Connection

from worker.domain.pages import Window
from worker.store.claims import Claim, update_owned
from worker.store.slices import add_slices


def cut_history(
    connection: Connection,
    claim: Claim,
    window: Window,
    *,
    now: datetime,
) -> None:
    """Begin the live windows at the end of this window, which becomes the first slice.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    update_owned(connection, claim, live_from=window.end)
    add_slices(connection, claim.shop_key, claim.stream, [window], now=now)


def mark_advanced(connection: Connection, claim: Claim, *, now: datetime) -> None:
    """Note that the watermark has moved, in the transaction that moved it.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    update_owned(connection, claim, advanced_at=now)
