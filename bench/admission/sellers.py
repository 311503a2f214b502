"""Sellers of very different sizes, and the database that they are in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

from sqlalchemy import event, insert

from bench.fleet import connect_fleet, shop_key
from worker.domain.records import Stream
from worker.store.database import Database
from worker.store.schema.slices import slices
from worker.store.upgrade import upgrade

BEGINNING = datetime(2026, 11, 28, tzinfo=UTC)
APP_ID = "temu:eu:bench"
_PAGE = 100  # rows
# Windows overlap, so that late rows are seen.
_OVERLAP = 300.0  # seconds
# The largest seller has so many more updates than the tenth, and the tenth than the 100th.
_SKEW = 0.7


@dataclass(frozen=True, slots=True)
class Seller:
    """How much there is to read."""

    updates_per_second: float
    catalogue_calls: int
    slices: int = 0

    def order_calls(self, seconds: float) -> int:
        """Return the pages of a window that begins so long ago."""
        return 1 + int(self.updates_per_second * (seconds + _OVERLAP) / _PAGE)


def sellers(
    count: int, *, calls_per_pull: float, window: float, backfilling: int, slices: int
) -> list[Seller]:
    """Return sellers, the largest first, whose pulls take so many calls on average."""
    low, high = 0.0, 1e9
    weights = [(rank + 1) ** -_SKEW for rank in range(count)]
    for _ in range(60):
        scale = (low + high) / 2
        found = [Seller(scale * weight, 0) for weight in weights]
        mean = sum(each.order_calls(window) for each in found) / count
        low, high = (scale, high) if mean < calls_per_pull else (low, scale)
    every = max(count // backfilling, 1) if backfilling else count + 1
    return [
        Seller(
            low * weight,
            catalogue_calls=1 + int(5 * weight**0.25),
            slices=slices if rank % every == every - 1 else 0,
        )
        for rank, weight in enumerate(weights)
    ]


@contextmanager
def database_of(
    found: list[Seller], *, every: dict[Stream, timedelta], behind: timedelta
) -> Iterator[Database]:
    """Give a SQLite file with these sellers; their streams are this far behind."""
    with TemporaryDirectory(prefix="bench-") as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        # A played power cut would not be survived.
        event.listen(
            database.engine,
            "connect",
            lambda raw, _: raw.execute("PRAGMA synchronous = OFF"),
        )
        upgrade(database)
        _fill(database, found, every, behind)
        yield database
        database.close()


def _fill(
    database: Database,
    found: list[Seller],
    every: dict[Stream, timedelta],
    behind: timedelta,
) -> None:
    count = len(found)
    with database.write() as connection:
        connect_fleet(
            connection,
            count,
            app_id=APP_ID,
            now=BEGINNING,
            # They joined one after the other.
            due=lambda number, stream: (
                BEGINNING - behind + every[stream] * (number * 0.618 % 1)
            ),
            # All within six hours, and fifty at one moment.
            refresh_at=lambda number: (
                BEGINNING
                + (
                    timedelta(minutes=40)
                    if number % (count // 50) == 0
                    else timedelta(hours=6) * (number / count)
                )
            ),
        )
        history = [
            {
                "shop_key": shop_key(APP_ID, number),
                "stream": Stream.ORDERS.value,
                "window_end": BEGINNING - timedelta(days=part),
                "next_run_at": BEGINNING,
                "shown": b"",
            }
            for number, seller in enumerate(found)
            for part in range(seller.slices)
        ]
        if history:
            connection.execute(insert(slices), history)
