"""A Redis that loses its memory and its scripts, and one that is away for two seconds."""

from collections.abc import Callable

import redis
from rich.table import Table

from bench.budget import arbiter
from bench.budget.callers import Caller
from bench.budget.crews import Arena
from bench.budget.figures import Goal
from bench.budget.limiters import LIMITERS, OURS
from bench.budget.runs import Job, Run

_LIMIT = 20
_AT = 4.0
_SECONDS = 12.0
_AWAY = 2.0


def measure(arena: Arena) -> Table:
    """Return the table: what was sent too much, and how soon it went on."""
    table = Table(
        *("limiter", "calls", "violations", "longest silence s"),
        *("calls", "violations", "first call after its return s", "to reach"),
        title=f"Redis emptied (left), or away for {_AWAY:.0f} s (right), at second "
        f"{_AT:.0f} of {_SECONDS:.0f}, at {_LIMIT}/s",
    )
    emptied, away = _runs(arena, _empty), _runs(arena, _pause)
    for name in LIMITERS:
        lost, gone = emptied[name], away[name]
        sent = [each.at for each in lost.arrivals]
        later = [each.at - _AT - _AWAY for each in gone.arrivals]
        first = min((each for each in later if each > 0), default=None)
        goal = Goal("0 violations", reached=not lost.violations + gone.violations)
        table.add_row(
            name,
            str(len(sent)),
            str(lost.violations),
            f"{arbiter.longest_silence(sent, _AT, _SECONDS):.2f}",
            str(len(later)),
            str(gone.violations),
            "-" if first is None else f"{first:.2f}",
            str(goal) if name == OURS else "",
        )
    return table


def _runs(arena: Arena, mishap: Callable[[redis.Redis], None]) -> dict[str, Run]:
    callers = [
        [Caller(app="app", seller=f"{process}-{thread}") for thread in range(4)]
        for process in range(4)
    ]
    job = Job(
        limit=_LIMIT,
        callers=callers,
        warm_up=0.0,
        seconds=_SECONDS,
        mishap=mishap,
        mishap_at=_AT,
    )
    found = arena.run([(name, job) for name in LIMITERS])
    return dict(zip(LIMITERS, found, strict=True))


def _empty(client: redis.Redis) -> None:
    client.flushall()
    client.script_flush()


def _pause(client: redis.Redis) -> None:
    client.client_pause(round(_AWAY * 1000))
