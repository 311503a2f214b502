"""One look at everything: the database, and what the sandbox has counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.cli.demonstration.console import AppTraffic, SandboxConsole
from worker.domain.records import Stream
from worker.store.authorizations import all_authorizations
from worker.store.database import Database, database_now
from worker.store.shops import all_shops
from worker.store.streams import all_streams
from worker.store.totals import count_records


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerSight:
    """One authorization."""

    app_id: str
    subject: str
    state: str
    # What is left of the access token's life.
    life: timedelta
    # TikTok Shop: refreshes. Temu: looks at the token.
    refreshes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSight:
    """One stream of one shop."""

    records: int
    # None: it was never read to the end.
    freshness: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Everything at one moment."""

    sellers: tuple[SellerSight, ...]
    shops: Mapping[str, Mapping[Stream, StreamSight]]
    apps: Mapping[str, AppTraffic]

    def records(self, stream: Stream) -> int:
        """Return how many records of a stream there are."""
        return sum(streams[stream].records for streams in self.shops.values())

    @property
    def stalest(self) -> timedelta | None:
        """The freshness of the stream that is furthest behind; None while one has none."""
        seen = [
            sight.freshness
            for streams in self.shops.values()
            for sight in streams.values()
        ]
        known = [freshness for freshness in seen if freshness is not None]
        return max(known) if known and len(known) == len(seen) else None


def look(database: Database, console: SandboxConsole) -> Sight:
    """Look once."""
    traffic = console.traffic()
    with database.read() as connection:
        now = database_now(connection)
        watermarks = {
            (stored.shop_key, stored.stream): stored.progress.watermark
            for stored in all_streams(connection)
        }
        counts = {stream: count_records(connection, stream) for stream in Stream}
        shop_keys = [stored.shop.shop_key for stored in all_shops(connection)]
        authorizations = all_authorizations(connection)
    return Sight(
        sellers=tuple(
            SellerSight(
                app_id=found.app_id,
                subject=found.subject,
                state=found.state.value,
                life=max(found.access_expires_at - now, timedelta(0)),
                refreshes=traffic.refreshes.get(found.subject, 0),
            )
            for found in sorted(authorizations, key=lambda found: found.id)
        ),
        shops={
            shop_key: {
                stream: StreamSight(
                    records=counts[stream].get(shop_key, 0),
                    freshness=_since(watermarks.get((shop_key, stream)), now),
                )
                for stream in Stream
            }
            for shop_key in shop_keys
        },
        apps=traffic.apps,
    )


def _since(watermark: datetime | None, now: datetime) -> timedelta | None:
    return None if watermark is None else max(now - watermark, timedelta(0))
