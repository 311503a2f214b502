"""How fresh each shop is and how long its seller's grant lives: two scans."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from worker.domain.grants import DEAD
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.streams import streams


@dataclass(frozen=True, slots=True)
class ShopAges:
    """Moments of all shops."""

    # Of running streams that have had a complete window, by shop and stream.
    watermarks: dict[tuple[str, str], datetime]
    # Of living authorizations, by shop.
    ends: dict[str, datetime]


def shop_ages(connection: Connection) -> ShopAges:
    """Return the moments of all shops."""
    watermarks = connection.execute(
        select(streams.c.shop_key, streams.c.stream, streams.c.watermark).where(
            streams.c.next_run_at.is_not(None), streams.c.watermark.is_not(None)
        )
    )
    ends = func.coalesce(
        authorizations.c.refresh_expires_at,
        authorizations.c.access_expires_at,
        type_=UtcTime(),
    )
    living = connection.execute(
        select(shops.c.shop_key, ends.label("ends_at"))
        .select_from(shops.join(authorizations))
        .where(authorizations.c.state.not_in([*DEAD]))
    )
    return ShopAges(
        watermarks={(key, stream): moment for key, stream, moment in watermarks},
        ends={row.shop_key: row.ends_at for row in living},
    )
