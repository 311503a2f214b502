"""Everybody wants to send as fast as the limit allows."""

import os
from collections.abc import Sequence

from rich.table import Table

from bench.budget.callers import Caller
from bench.budget.crews import Arena
from bench.budget.figures import Goal, middle, seconds, violations, waits
from bench.budget.limiters import LIMITERS, OURS
from bench.budget.runs import Job, Run

_RUNS = int(os.environ.get("BENCH_RUNS", "3"))
_NETWORK = 0.02  # seconds
_APPS = 100
_LIMIT_OF_MANY = 20
_ROOM_LIMIT = 20
_ROOMY_APPS = 5


def measure(arena: Arena) -> Table:
    """Return the table of utilisation, violations, fairness, waits and round trips."""
    table = Table(
        *("job", "limiter", "utilisation", "violations", "Jain", "wait s", "worst"),
        *("round trips", "to reach"),
        title="Saturated: a strict arbiter judges every sliding second of arrivals",
    )
    for limit in (20, 50):
        for processes, threads, runs in ((4, 8, _RUNS), (8, 4, 1)):
            job = Job(limit=limit, callers=_crowd(processes, threads))
            name = f"{limit}/s, {processes} x {threads}"
            _add(table, name, _side_by_side(arena, job, runs), least=0.99)
    for limit in (20, 50):
        job = Job(limit=limit, callers=_crowd(4, 8), delay=_NETWORK)
        name = f"{limit}/s, 0-{_NETWORK * 1000:.0f} ms of network"
        _add(table, name, _side_by_side(arena, job, 1), least=0.97)
    job = Job(limit=_LIMIT_OF_MANY, callers=_many_apps())
    # One at a time: they need the whole machine.
    found = {name: arena.run([(name, job)]) for name in LIMITERS}
    _add(table, f"{_APPS} apps x {_LIMIT_OF_MANY}/s, 4 x 50", found, least=0.98)
    _add_room(table, arena)
    return table


def _side_by_side(arena: Arena, job: Job, runs: int) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {name: [] for name in LIMITERS}
    for _ in range(runs):
        for name, run in zip(
            LIMITERS, arena.run([(name, job) for name in LIMITERS]), strict=True
        ):
            found[name].append(run)
    return found


def _add(table: Table, job: str, found: dict[str, list[Run]], *, least: float) -> None:
    for name, runs in found.items():
        used = middle(runs, lambda run: run.utilisation)
        over = violations(runs)
        trips = middle(runs, lambda run: run.round_trips_per_call)
        goal = Goal(
            f">= {least}, 0, <= 2.5",
            reached=used >= least and not over and trips <= 2.5,
        )
        calls = sum(len(run.counted) for run in runs)
        table.add_row(
            f"{job}, {len(runs)} run{'s'[: len(runs) - 1]}" if name == OURS else "",
            name,
            f"{used:.3f}",
            f"{over} of {calls:,}",
            f"{middle(runs, lambda run: run.fairness):.3f}",
            *seconds(waits(runs)),
            f"{trips:.2f}",
            str(goal) if name == OURS else "",
            end_section=name == list(found)[-1],
        )


def _add_room(table: Table, arena: Arena) -> None:
    """Add the round trips where every app has one caller, at half of the limit."""
    callers = [
        Caller(app=f"app-{n}", seller="one", pause=2 / _ROOM_LIMIT, steady=True)
        for n in range(_ROOMY_APPS)
    ]
    job = Job(limit=_ROOM_LIMIT, callers=[callers], warm_up=2.0, seconds=5.0)
    for name, (run,) in _side_by_side(arena, job, 1).items():
        trips = run.round_trips_per_call
        goal = Goal("1 round trip", reached=round(trips, 1) <= 1)
        table.add_row(
            f"{_ROOMY_APPS} apps, one caller each, half of {_ROOM_LIMIT}/s"
            if name == OURS
            else "",
            name,
            f"{run.utilisation:.3f}",
            f"{run.violations} of {len(run.counted)}",
            "",
            *seconds(waits([run])),
            f"{trips:.2f}",
            str(goal) if name == OURS else "",
        )


def _crowd(processes: int, threads: int) -> Sequence[Sequence[Caller]]:
    return [
        [Caller(app="app", seller=f"{process}-{thread}") for thread in range(threads)]
        for process in range(processes)
    ]


def _many_apps() -> Sequence[Sequence[Caller]]:
    """Return callers of which two, in different processes, saturate each app."""
    return [
        [
            Caller(
                app=f"app-{(50 * process + thread) % _APPS}",
                seller=f"{process}-{thread}",
            )
            for thread in range(50)
        ]
        for process in range(4)
    ]
