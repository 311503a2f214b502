"""A process of several threads that spends an app's budget and prints when it sent.

Started by the tests: `python budget_spender.py URL PREFIX LIMIT THREADS SECONDS [SELLER]`.
Each thread is a seller of its own, unless one is named. The instants are of the monotonic
clock, which all processes of a machine share; each is written as soon as it is known, so a
process that is killed has told all that it sent.
"""

import sys
import threading
import time
from datetime import timedelta

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted, BudgetUnavailable
from worker.domain.limits import Limit
from worker.gateway.budget import Budget
from worker.gateway.demand import Demand
from worker.gateway.ledger import open_ledger_redis


def main(
    url: str, prefix: str, limit: str, threads: str, seconds: str, seller: str = ""
) -> None:
    """Spend as fast as the budget allows until time is up."""
    budget = Budget(
        open_ledger_redis(url),
        prefix=prefix,
        pad=timedelta(milliseconds=50),
        max_wait=timedelta(seconds=5),
    )
    over = time.monotonic() + float(seconds)
    later = threading.Event()

    def spend(number: int) -> None:
        demand = Demand(
            app_id="scripted:default:key",
            limits=(Limit(name="app", calls=float(limit)),),
            seller=seller or f"{id(budget)}-{number}",
            work=Work.ORDERS,
        )
        while time.monotonic() < over:
            try:
                budget.take(demand)
            except BudgetExhausted as error:
                later.wait(min(error.retry_after.total_seconds(), 0.5))
                continue
            except BudgetUnavailable:
                later.wait(0.05)
                continue
            # One write each: lines of threads do not mix.
            sys.stdout.write(f"{time.monotonic()}\n")
            sys.stdout.flush()

    spenders = [
        threading.Thread(target=spend, args=(number,)) for number in range(int(threads))
    ]
    for spender in spenders:
        spender.start()
    for spender in spenders:
        spender.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
