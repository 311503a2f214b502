"""Whether 2,500 sellers of one app stay fresh, and what one greedy seller changes.

Also what happens after an outage, and when there is more to read than the budget serves.
"""

import os
import random
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.table import Table

from bench.admission.freshness import percentile
from bench.admission.play import EVERY, Play
from bench.admission.sellers import Seller, database_of, sellers
from worker.domain.records import Stream
from worker.sync.rhythm import period_of

_LIMIT = 20.0  # calls per second
_SELLERS = int(os.environ.get("BENCH_SELLERS", "2500"))
_HOURS = float(os.environ.get("BENCH_HOURS", "1"))
_WARM_UP = 900.0  # seconds
_OUTAGE = 3600.0  # seconds
# Live pulls want so much of the budget: orders take this many calls each.
_CALLS_PER_PULL = 1.6
_TARGET = EVERY[Stream.ORDERS].total_seconds()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run showed."""

    name: str
    # Of each seller's orders: the age that they did not exceed for 99 % of the time.
    p99: list[float]
    products: float
    used: float
    latest_refresh: float
    refreshes: int
    longest_queue: int

    @property
    def middle(self) -> float:
        """Return the median seller's."""
        return percentile(self.p99, 0.5)


def measure() -> RenderableType:
    """Return the tables."""
    began = time.process_time()
    fleet = sellers(
        _SELLERS,
        calls_per_pull=_CALLS_PER_PULL,
        window=period_of(EVERY[Stream.ORDERS]).total_seconds(),
        backfilling=_SELLERS // 8,
        slices=60,
    )
    quiet = [replace(seller, slices=0) for seller in fleet]
    # Not one of those who are compared.
    greedy = replace(fleet[-1], slices=20_000)
    outcomes = [
        _run("live pulls only", quiet),
        _run("and one seller reads 20,000 slices", [*quiet[:-1], greedy]),
        _run("and 300 others read 60 each", [*fleet[:-1], greedy]),
    ]
    return Group(
        _table(outcomes),
        _changes(outcomes),
        _after_outage(quiet),
        _overload(quiet),
        f"{time.process_time() - began:.0f} s of CPU time",
    )


def _run(
    name: str,
    fleet: list[Seller],
    *,
    limit: float = _LIMIT,
    seconds: float = _HOURS * 3600,
) -> Outcome:
    with database_of(fleet, every=EVERY, behind=timedelta(0)) as database:
        play = Play(database, fleet, limit, random.Random(1))  # noqa: S311 -- the same run each time
        play.run(_WARM_UP)
        before = play.turnstile.sent.total()
        until = _WARM_UP + seconds
        play.run(until)
        p99 = {
            stream: [
                play.freshness[number, stream].percentile(
                    0.99, since=_WARM_UP, until=until
                )
                # The last one is the greedy one.
                for number in range(len(fleet) - 1)
            ]
            for stream in Stream
        }
        return Outcome(
            name=name,
            p99=p99[Stream.ORDERS],
            products=max(p99[Stream.PRODUCTS]),
            used=(play.turnstile.sent.total() - before) / limit / seconds,
            latest_refresh=max(play.late, default=0.0),
            refreshes=len(play.late),
            longest_queue=play.longest_queue,
        )


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(
        title=f"{_SELLERS:,} sellers, {_LIMIT:g} calls/s, {_HOURS:g} h played"
    )
    table.add_column("", no_wrap=True)
    for heading in (
        *("used", "p99 age of orders: median seller", "worst seller", "products"),
        *("refreshes", "latest", "longest queue"),
    ):
        table.add_column(heading, justify="right")
    for each in outcomes:
        table.add_row(
            each.name,
            f"{each.used:.3f}",
            f"{each.middle:.0f} s",
            f"{max(each.p99):.0f} s",
            f"{each.products / 60:.0f} min",
            f"{each.refreshes}",
            f"{max(each.latest_refresh, 0.0):.2f} s",
            f"{each.longest_queue}",
        )
    return table


def _changes(outcomes: list[Outcome]) -> str:
    before, after, _ = outcomes
    changes = [new / old - 1 for old, new in zip(before.p99, after.p99, strict=True)]
    return (
        "The greedy seller changes the others' p99 by "
        f"{100 * percentile(changes, 0.5):.1f} % in the middle, "
        f"{100 * max(changes):.1f} % at the most."
    )


def _after_outage(fleet: list[Seller]) -> str:
    behind = timedelta(seconds=_OUTAGE)
    calls = sum(each.order_calls(_OUTAGE + _TARGET) for each in fleet)
    with database_of(fleet, every=EVERY, behind=behind) as database:
        play = Play(
            database,
            fleet,
            _LIMIT,
            random.Random(1),  # noqa: S311 -- the same run each time
            behind=_OUTAGE,
        )
        orders = [
            found for (_, of), found in play.freshness.items() if of is Stream.ORDERS
        ]
        while any(len(found.pulls) < 2 for found in orders):
            play.run(play.now + 5)
        fresh = [found.pulls[1][0] for found in orders]
        return (
            f"After an outage of {_OUTAGE / 3600:g} h: {calls:,} calls for orders, "
            f"{calls / _LIMIT:.0f} s of the budget. Half of the sellers are fresh after "
            f"{percentile(fresh, 0.5):.0f} s, 99 % after {percentile(fresh, 0.99):.0f} s, "
            f"the largest after {max(fresh):.0f} s. Longest queue: {play.longest_queue}."
        )


def _overload(fleet: list[Seller]) -> str:
    limit = _LIMIT * 0.65
    outcome = _run("too much to read", fleet, limit=limit, seconds=1800)
    ages = [percentile(outcome.p99, part) for part in (0.01, 0.5, 0.99)]
    return (
        f"With {limit:g} calls/s, too few: {outcome.used:.3f} used, p99 age of orders "
        + " / ".join(f"{age:.0f}" for age in ages)
        + f" s (1 % / half / 99 % of the sellers), {max(outcome.p99):.0f} s at the worst."
    )
