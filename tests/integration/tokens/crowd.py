"""Many processes that all want to refresh every authorization at the same moment.

Started by the tests: `python crowd.py PROCESSES ASKED_AT`, settings in the environment.
Prints one JSON list: what each process holds in the end, by authorization.
"""

import json
import os
import random
import sys
from datetime import datetime
from typing import Any

from worker.domain.errors import BudgetExhausted, RetryLater
from worker.runtime import runtime
from worker.store.authorizations import all_authorizations
from worker.tokens.refresh import refresh


def main(processes: int, asked_at: datetime) -> None:
    """Start them, let them all loose at once, collect what they have."""
    starter_read, starter_write = os.pipe()
    outputs = []
    for number in range(processes):
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(starter_write)
            # Ends when the parent closes its side: the barrier.
            os.read(starter_read, 1)
            with os.fdopen(write, "w") as out:
                json.dump(_refresh_all(number, asked_at), out)
            os._exit(0)
        os.close(write)
        outputs.append(read)
    os.close(starter_write)
    results = []
    for read in outputs:
        with os.fdopen(read) as pipe:
            results.append(json.load(pipe))
        os.wait()
    json.dump(results, sys.stdout)


def _refresh_all(number: int, asked_at: datetime) -> dict[str, Any]:
    here = runtime()
    with here.database.read() as connection:
        todo = [found.id for found in all_authorizations(connection)]
    random.Random(number).shuffle(todo)  # noqa: S311 -- an order, no secret
    held = {}
    for authorization_id in todo:
        while True:
            try:
                row = refresh(here.desk, authorization_id, asked_at=asked_at)
            except (RetryLater, BudgetExhausted):
                continue
            break
        token = row.credentials(here.desk.sealer).access_token
        held[str(authorization_id)] = [row.version, token]
    return held


if __name__ == "__main__":
    main(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
