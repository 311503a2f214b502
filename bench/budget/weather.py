"""A marketplace that refuses for a while: everything, or all beyond half of the limit."""

from collections.abc import Sequence

from rich.table import Table

from bench.budget import arbiter
from bench.budget.callers import Caller
from bench.budget.crews import Arena
from bench.budget.figures import Goal
from bench.budget.limiters import LIMITERS, OURS
from bench.budget.marketplace import Spell
from bench.budget.runs import Job, Run

_LIMIT = 20
_BEGIN = 6.0
_STORM = Spell(begin=_BEGIN, end=_BEGIN + 5, share=0.0)
_HALF = Spell(begin=_BEGIN, end=_BEGIN + 4, share=0.5)
_BACK = 0.9
_WATCHED = 23.5  # seconds after the storm


def measure(arena: Arena) -> tuple[Table, Table]:
    """Return the tables of a storm of refusals, and of a limit halved for a while."""
    jobs = [(name, _job(spell)) for spell in (_STORM, _HALF) for name in LIMITERS]
    runs = arena.run(jobs)
    return _storm(runs[: len(LIMITERS)]), _halved(runs[len(LIMITERS) :])


def _storm(runs: Sequence[Run]) -> Table:
    table = Table(
        *("limiter", "refused", "sent in each second of it", "silent after s"),
        *(f"at {_BACK} of the limit after s", "violations", "to reach"),
        title=f"Every call of {_STORM.end - _STORM.begin:.0f} s is refused, at {_LIMIT}/s",
    )
    for name, run in zip(LIMITERS, runs, strict=True):
        arrivals = [each.at for each in run.arrivals]
        silent = arbiter.silent_after(arrivals, _STORM.begin, _STORM.end)
        back = _back(run, _STORM)
        goal = Goal(
            "silent <= 1, back <= 20",
            reached=silent <= 1 and back is not None and back <= 20,
        )
        table.add_row(
            name,
            str(_refused(run)),
            " ".join(map(str, _by_second(arrivals, _STORM))),
            f"{silent:.2f}",
            "-" if back is None else f"{back:.1f}",
            str(run.violations),
            str(goal) if name == OURS else "",
        )
    return table


def _halved(runs: Sequence[Run]) -> Table:
    length = _HALF.end - _HALF.begin
    possible = _LIMIT * _HALF.share * length
    table = Table(
        *("limiter", "refused", "used of the possible calls"),
        *(f"at {_BACK} of the limit after s", "violations"),
        title=f"{_LIMIT}/s halved for {length:.0f} s",
    )
    for name, run in zip(LIMITERS, runs, strict=True):
        used = sum(
            each.accepted and _HALF.begin <= each.at < _HALF.end
            for each in run.arrivals
        )
        back = _back(run, _HALF)
        table.add_row(
            name,
            str(_refused(run)),
            f"{used} of {possible:.0f}",
            "-" if back is None else f"{back:.1f}",
            str(run.violations),
        )
    return table


def _job(spell: Spell) -> Job:
    callers = [
        [Caller(app="app", seller=f"{process}-{thread}") for thread in range(4)]
        for process in range(4)
    ]
    return Job(
        limit=_LIMIT,
        callers=callers,
        warm_up=_BEGIN,
        seconds=_STORM.end + _WATCHED - _BEGIN,
        spells=[spell],
    )


def _refused(run: Run) -> int:
    return sum(not each.accepted for each in run.arrivals)


def _by_second(arrivals: Sequence[float], spell: Spell) -> list[int]:
    counts = [0] * round(spell.end - spell.begin)
    for each in arrivals:
        if spell.begin <= each < spell.end:
            counts[int(each - spell.begin)] += 1
    return counts


def _back(run: Run, spell: Spell) -> float | None:
    accepted = [each.at for each in run.arrivals if each.accepted]
    end = run.job.warm_up + run.job.seconds
    return arbiter.back_after(accepted, spell.end, wished=_BACK * _LIMIT, end=end)
