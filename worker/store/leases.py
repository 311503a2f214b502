"""Tokens of leases, by which a process knows its own."""

import os
from functools import cache
from uuid import uuid4

from sqlalchemy import Connection, Table, update

from worker.store.schema.notifications import notifications
from worker.store.schema.reconciles import reconciles
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams

_LEASED: tuple[Table, ...] = (streams, slices, reconciles, notifications)


def lease_token() -> str:
    """Return a new token, of this process and of nobody else."""
    return f"{_process(os.getpid())}-{uuid4().hex}"


def give_back_leases(connection: Connection) -> int:
    """Give back what this process has leased and still works on; return how many.

    What is written under them afterwards is refused, as after a lease that ran out. Those
    of token refreshes stay: their calls may be on their way.
    """
    mine = f"{_process(os.getpid())}-%"
    return sum(
        connection.execute(
            update(table)
            .where(table.c.lease_token.like(mine))
            .values(lease_token=None, lease_until=None)
        ).rowcount
        for table in _LEASED
    )


@cache
def _process(pid: int) -> str:
    # The number is for people who look; a forked child has a name of its own.
    return f"{pid}.{uuid4().hex[:16]}"
