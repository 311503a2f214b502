"""The end of a turn: the lease is given back, and the stream planned again."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Float, Update, bindparam, case, func, select

from worker.store.claims import OWNED, Claim, require_owned
from worker.store.schema.accounts import shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.streams import streams
from worker.store.streams import unless_stopped

# How much of what is known of a turn's calls the last turn makes up: shops grow and rest.
LEARNING = 0.2


def finish_pull(
    connection: Connection,
    claim: Claim,
    *,
    now: datetime,
    next_run_at: datetime | None,
    succeeded_at: datetime | None = None,
    failures: int = 0,
    last_error: str | None = None,
    disabled: str | None = None,
    calls: int | None = None,
) -> None:
    """Give the lease back and say when the stream is due again.

    `calls` is what the turn took, if one can learn from it.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    statement, names = _giving_back(
        again=next_run_at is not None,
        succeeded=succeeded_at is not None,
        learned=calls is not None,
    )
    values: dict[str, Any] = {
        "owned": claim.stream_id,
        "owner": claim.lease_token,
        "moment": now,
        "planned": next_run_at,
        "fails": failures,
        "reason": last_error,
        "without": disabled,
        "success": succeeded_at,
        "took": calls,
    }
    updated = connection.execute(statement, {name: values[name] for name in names})
    require_owned(updated, claim)


@cache
def _giving_back(
    *, again: bool, succeeded: bool, learned: bool
) -> tuple[Update, Sequence[str]]:
    """Return how a lease is given back, and the names of the values that go into it.

    Built once each, as one is executed for every turn.
    """
    values: dict[str, Any] = {
        "lease_token": None,
        "lease_until": None,
        "next_run_at": _next_run() if again else None,
        "failures": bindparam("fails"),
        "last_error": bindparam("reason"),
        "disabled": bindparam("without"),
    }
    if succeeded:
        values["last_success_at"] = bindparam("success")
    if learned:
        took = bindparam("took", type_=Float())
        known = func.coalesce(streams.c.calls, took)
        values["calls"] = known + LEARNING * (took - known)
    names = ["owned", "owner", "fails", "reason", "without"]
    names += ["moment", "planned"] * again + ["success"] * succeeded
    return OWNED.values(**values), names + ["took"] * learned


def _next_run() -> Any:
    """Return the planned time, unless something happened while the stream was pulled."""
    now, planned = (bindparam(name, type_=UtcTime()) for name in ("moment", "planned"))
    return case(
        # It was disabled before, so this pull was made by hand, and it works again.
        (streams.c.disabled.is_not(None) & _shop_runs(), planned),
        else_=unless_stopped(case((streams.c.requested, now), else_=planned)),
    )


def _shop_runs() -> Any:
    return (
        select(shops.c.shop_key)
        .where(shops.c.shop_key == streams.c.shop_key, shops.c.paused.is_(None))
        .exists()
    )
