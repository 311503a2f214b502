"""How many decisions one client gets, where the limit does not matter."""

import time
from collections.abc import Callable
from itertools import count

from rich.table import Table

from bench.budget.crews import Arena
from bench.budget.figures import Goal
from bench.budget.limiters import LIMITERS, OURS, wait
from worker.domain.calls import Work
from worker.domain.limits import OF_APP, Limit
from worker.gateway.demand import Demand
from worker.gateway.ledger import Ledger, open_ledger_redis
from worker.gateway.visits import Answer, Outcome, Step, Visit

_LIMIT = 1_000_000
_ROUNDS = 9
_SECONDS = 0.15
_NO_OP = "no-op EVALSHA"
_AS_USED = f"{OURS}, as it is used: slots are leased"

# Decisions per second, by the clock on the wall and by this process's own work.
_Pace = tuple[float, float]


def measure(arena: Arena) -> Table:
    """Return the table: grants per second, and beside a script that does nothing."""
    table = Table(
        *("one client, one thread", "grants/s", "grants/CPU s of the client"),
        *(f"part of {_NO_OP}", "to reach"),
        title="Decisions with the limit set very high",
        caption=f"the best of {_ROUNDS} rounds of {_SECONDS} s, taken in turns",
    )
    subjects = _subjects(arena)
    paces: dict[str, list[_Pace]] = {name: [] for name in subjects}
    for _ in range(_ROUNDS):
        for name, decide in subjects.items():
            paces[name].append(_pace(decide))
    of_no_op = max(pace for pace, _ in paces[_NO_OP])
    for name, found in paces.items():
        pace = max(pace for pace, _ in found)
        goal = Goal(f">= 0.5 of {_NO_OP}", reached=pace >= 0.5 * of_no_op)
        table.add_row(
            name,
            f"{pace:,.0f}",
            f"{max(per_cpu for _, per_cpu in found):,.0f}",
            f"{pace / of_no_op:.2f}",
            str(goal) if name == _AS_USED else "",
        )
    return table


def _subjects(arena: Arena) -> dict[str, Callable[[], object]]:
    client = open_ledger_redis(arena.url(OURS))
    sha = client.script_load("return 1")
    subjects: dict[str, Callable[[], object]] = {
        "redis-py PING": client.ping,
        _NO_OP: lambda: client.evalsha(sha, 0),
        f"{OURS}, one book.lua for each slot": _booking(arena),
    }
    for name, opened in LIMITERS.items():
        limiter = opened(arena.url(name), "speed:", _LIMIT)
        shown = _AS_USED if name == OURS else name
        subjects[shown] = _taking(limiter.take)
    return subjects


def _taking(take: Callable[[str, str, Work], None]) -> Callable[[], object]:
    return lambda: take("app", "seller", Work.ORDERS)


def _booking(arena: Arena) -> Callable[[], object]:
    ledger = Ledger(open_ledger_redis(arena.url(OURS)), prefix="speed-of-book:")
    demand = Demand(
        app_id="app",
        limits=(Limit(name=OF_APP, calls=_LIMIT),),
        seller="seller",
        work=Work.ORDERS,
    )
    tickets = map(str, count())

    def book(ticket: str, step: Step = Step.NEW) -> Answer:
        visit = Visit(
            ticket=ticket,
            rank=0,
            floor=0.2,
            step=step,
            patience=5.0,
            pad=0.005,
            widest_pad=0.05,
        )
        return ledger.book(demand, visit)

    # An empty Redis begins with a quiet second; whoever comes in it is told to come back.
    first = next(tickets)
    answer = book(first)
    while answer.outcome is Outcome.APPOINTMENT:
        wait(answer.wait)
        answer = book(first, Step.BACK)
    return lambda: book(next(tickets))


def _pace(decide: Callable[[], object]) -> _Pace:
    decide()
    decided = 0
    began, cpu_began = time.perf_counter(), time.process_time()
    while (took := time.perf_counter() - began) < _SECONDS:
        for _ in range(20):
            decide()
        decided += 20
    return decided / took, decided / (time.process_time() - cpu_began)
