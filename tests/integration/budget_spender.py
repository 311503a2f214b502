"""A process of several threads that spends an app's budget and prints when it sent.

Started by the tests: `python budget_spender.py URL PREFIX LIMIT THREADS SECONDS`. The
instants are of the monotonic clock, which all processes of a machine share.
"""

import json
import sys
import threading
import time
from datetime import timedelta

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted
from worker.domain.identity import App
from worker.gateway.budget import Budget
from worker.gateway.ledger import open_ledger_redis


def main(url: str, prefix: str, limit: str, threads: str, seconds: str) -> None:
    """Spend as fast as the budget allows until time is up."""
    app = App(
        marketplace="scripted",
        zone="default",
        app_key="key",
        app_secret="secret",
        api_url="https://api.example",
        requests_per_second=float(limit),
    )
    budget = Budget(
        open_ledger_redis(url),
        prefix=prefix,
        pad=timedelta(milliseconds=50),
        max_wait=timedelta(seconds=5),
    )
    sent: list[float] = []
    over = time.monotonic() + float(seconds)

    def spend() -> None:
        while time.monotonic() < over:
            try:
                budget.take(app, None, Work.TOKENS)
            except BudgetExhausted:
                continue
            sent.append(time.monotonic())

    spenders = [threading.Thread(target=spend) for _ in range(int(threads))]
    for spender in spenders:
        spender.start()
    for spender in spenders:
        spender.join()
    sys.stdout.write(json.dumps(sent))


if __name__ == "__main__":
    main(*sys.argv[1:])
