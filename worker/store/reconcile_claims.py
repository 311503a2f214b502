"""Who may make a stream's pass now, and what is written with that right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, update

from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.progress import Progress, walk_of
from worker.store.reconciles import is_free, is_named
from worker.store.schema.reconciles import reconciles


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileClaim:
    """The right to make one stream's pass until the lease ends."""

    reconcile_id: int
    shop_key: str
    stream: Stream
    lease_token: str
    # Turns of it, with this one, that began since one last wrote or ended.
    begun: int = 0


def claim_reconcile(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    token: str,
    now: datetime,
    until: datetime,
    handed: str | None = None,
) -> ReconcileClaim | None:
    """Lease one reconcile, due or not; None while somebody else is at it.

    `handed` is the token of the message that asked for it. It is swapped for a new one,
    so that the same message delivered twice finds nothing to do.
    """
    owned = is_free(now) if handed is None else reconciles.c.lease_token == handed
    claims = lease_reconciles(
        connection,
        and_(is_named(shop_key, stream), owned),
        token=token,
        until=until,
        begins=True,
    )
    return claims[0] if claims else None


def lease_reconciles(
    connection: Connection,
    wanted: ColumnElement[bool],
    *,
    token: str,
    until: datetime,
    begins: bool = False,
) -> list[ReconcileClaim]:
    """Lease reconciles; of two who come at once, one gets each.

    `begins`: to go on with them now, and not to hand them out.
    """
    rows = connection.execute(
        update(reconciles)
        .where(wanted)
        .values(
            lease_token=token,
            lease_until=until,
            begun=reconciles.c.begun + int(begins),
        )
        .returning(
            reconciles.c.id,
            reconciles.c.shop_key,
            reconciles.c.stream,
            reconciles.c.begun,
        )
    )
    return [
        ReconcileClaim(
            reconcile_id=row.id,
            shop_key=row.shop_key,
            stream=Stream(row.stream),
            lease_token=token,
            begun=row.begun,
        )
        for row in rows
    ]


def save_walk(
    connection: Connection,
    claim: ReconcileClaim,
    progress: Progress,
    **values: Any,
) -> None:
    """Save how far the walk is, and other columns with it.

    Raises:
        LeaseLost: somebody else makes this pass now, so nothing may be written.
    """
    update_owned(connection, claim, **walk_of(progress), **values)


def finish_pass(
    connection: Connection,
    claim: ReconcileClaim,
    *,
    now: datetime,
    covered_until: datetime | None,
    result: Mapping[str, Any],
    withheld: int | None,
) -> None:
    """Write down what a complete pass found; the next one begins anew.

    Raises:
        LeaseLost: somebody else makes this pass now.
    """
    save_walk(
        connection,
        claim,
        Progress(),
        began_at=None,
        range_start=None,
        range_end=None,
        reached=None,
        walked_at=None,
        provable=True,
        **dict.fromkeys(("pages", "added", "updated", "deleted"), 0),
        finished_at=now,
        covered_until=covered_until,
        result=dict(result),
        withheld=withheld,
        confirmed=False,
    )


def give_back_reconcile(
    connection: Connection,
    claim: ReconcileClaim,
    *,
    next_run_at: datetime,
    failures: int = 0,
    last_error: str | None = None,
) -> None:
    """Give the lease back and say when the reconcile is due again.

    Raises:
        LeaseLost: somebody else makes this pass now.
    """
    update_owned(
        connection,
        claim,
        next_run_at=next_run_at,
        lease_token=None,
        lease_until=None,
        failures=failures,
        last_error=last_error,
    )


def hold_until(connection: Connection, claim: ReconcileClaim, until: datetime) -> None:
    """Make the lease end then.

    Raises:
        LeaseLost: somebody else makes this pass now.
    """
    update_owned(connection, claim, lease_until=until, begun=claim.begun)


def update_owned(connection: Connection, claim: ReconcileClaim, **values: Any) -> None:
    """Write into the claimed row: whoever does has got somewhere.

    Raises:
        LeaseLost: somebody else makes this pass now.
    """
    updated = connection.execute(
        update(reconciles)
        .where(
            reconciles.c.id == claim.reconcile_id,
            reconciles.c.lease_token == claim.lease_token,
        )
        .values({"begun": 0, **values})
    )
    if updated.rowcount != 1:
        raise LeaseLost(
            f"{claim.shop_key} {claim.stream}: another worker reconciles it now"
        )
