"""Thirty sellers of one app, one of them greedy, and now and then a token refresh."""

from collections.abc import Sequence

from rich.table import Table

from bench.budget.callers import Caller
from bench.budget.crews import Arena
from bench.budget.figures import Goal, seconds, waits
from bench.budget.limiters import LIMITERS, OURS
from bench.budget.runs import Job
from worker.domain.calls import Work

_LIMIT = 20
_SELLERS = 30
_GREED = 10
_PROCESSES = 4
_GREEDY, _REFRESH = "greedy", "refresh"
_BETWEEN_REFRESHES = 0.5  # seconds


def measure(arena: Arena) -> Table:
    """Return the table of fairness and of the waits of each kind of caller."""
    table = Table(
        *("limiter", "Jain", "violations", "light seller waits s", "worst"),
        *("refresh waits s", "worst", "to reach"),
        title=f"{_SELLERS} sellers at {_LIMIT}/s, one with {_GREED}x the demand; a token "
        f"refresh every {_BETWEEN_REFRESHES} s",
    )
    job = Job(limit=_LIMIT, callers=_callers(), seconds=15.0)
    found = arena.run([(name, job) for name in LIMITERS])
    for name, run in zip(LIMITERS, found, strict=True):
        light = waits([run], lambda seller: seller not in {_GREEDY, _REFRESH})
        refreshes = waits([run], lambda seller: seller == _REFRESH)
        usual, worst = seconds(refreshes)
        goal = Goal(
            "Jain >= 0.98, 0 violations; refresh <= 0.2, worst <= 0.5",
            reached=run.fairness >= 0.98
            and not run.violations
            and float(usual) <= 0.2
            and float(worst) <= 0.5,
        )
        table.add_row(
            name,
            f"{run.fairness:.3f}",
            f"{run.violations} of {len(run.counted)}",
            *seconds(light),
            usual,
            worst,
            str(goal) if name == OURS else "",
        )
    return table


def _callers() -> Sequence[Sequence[Caller]]:
    orders = [Caller(app="app", seller=_GREEDY) for _ in range(_GREED)]
    orders += [Caller(app="app", seller=f"light-{n}") for n in range(_SELLERS - 1)]
    refresh = Caller(
        app="app", seller=_REFRESH, work=Work.TOKENS, pause=_BETWEEN_REFRESHES
    )
    callers = [*orders, refresh]
    return [callers[process::_PROCESSES] for process in range(_PROCESSES)]
