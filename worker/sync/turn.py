"""One turn of a stream: pull it, then write down how it went and when it is due again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from worker.domain.errors import LeaseLost, SellersyncError
from worker.store.claims import Claim
from worker.store.database import database_now
from worker.store.giving_back import finish_pull
from worker.store.resting import pause_shop
from worker.store.streams import find_stream
from worker.sync.breaker import longest_rest, note_failure, note_success
from worker.sync.pages import Source
from worker.sync.pull import Puller
from worker.sync.pulled import Pulled
from worker.sync.rhythm import next_start
from worker.sync.setbacks import SETBACKS, Verdict, tell, weigh
from worker.sync.windows import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the operator wants of a stream."""

    every: timedelta
    history: History
    # A turn stops at a page boundary after this; None: never.
    deadline: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a turn went; `error` is what stopped it."""

    pulled: Pulled | None
    error: SellersyncError | None = None

    def facts(self) -> dict[str, object]:
        """Return what a log line tells of this turn."""
        if self.pulled is None:
            return {"outcome": type(self.error).__name__, "reason": str(self.error)}
        written = self.pulled.written
        return {
            "outcome": "up_to_date" if self.pulled.up_to_date else "continues",
            "pages": self.pulled.pages,
            "added": written.added,
            "updated": written.updated,
            "unchanged": written.unchanged,
            "unreadable": written.unreadable,
            "restarts": self.pulled.restarts,
            "watermark": self.pulled.watermark,
        }


def take_turn(
    puller: Puller,
    claim: Claim,
    source: Callable[[], Source],
    plan: Plan,
    *,
    stands: Verdict,
) -> Turn:
    """Pull a claimed stream and give the claim back, whatever happened.

    `stands` says whether a refusal of the seller's token still holds.
    """
    try:
        where = source()
        pulled = puller.pull(claim, where, history=plan.history, deadline=plan.deadline)
    except LeaseLost as error:
        return Turn(pulled=None, error=error)
    except SETBACKS as error:
        _finish(puller, claim, error, stands)
        return Turn(pulled=None, error=error)
    with puller.database.write() as connection:
        now = database_now(connection)
        # When the last window was opened, in an earlier turn perhaps.
        opened = (pulled.watermark or now) + where.rules(claim.stream).lag
        later = next_start(claim.stream_id, opened=opened, now=now, every=plan.every)
        finish_pull(
            connection,
            claim,
            now=now,
            next_run_at=later if pulled.up_to_date else now,
            succeeded_at=now if pulled.up_to_date else None,
            calls=pulled.calls or None,
        )
        note_success(connection, claim.shop_key, claim.stream, now=now)
    return Turn(pulled=pulled)


def _finish(
    puller: Puller, claim: Claim, error: SellersyncError, stands: Verdict
) -> None:
    with puller.database.write() as connection:
        now = database_now(connection)
        stored = find_stream(connection, claim.shop_key, claim.stream)
        previous = stored.last_error if stored else None
        setback = weigh(
            error,
            failures=stored.failures if stored else 0,
            previous=previous,
            now=now,
            stands=lambda: stands(connection, error, now),
            longest=lambda: longest_rest(
                connection, claim.shop_key, claim.stream, now=now
            ),
        )
        finish_pull(
            connection,
            claim,
            now=now,
            next_run_at=setback.next_run_at,
            failures=setback.failures,
            last_error=setback.last_error,
            disabled=setback.disabled,
        )
        if setback.pauses_shop:
            pause_shop(connection, claim.shop_key, reason=setback.last_error or "")
        if setback.is_failure and setback.next_run_at is not None:
            note_failure(
                connection,
                claim.shop_key,
                claim.stream,
                next_run_at=setback.next_run_at,
                reason=setback.last_error or "",
                now=now,
            )
        if setback.is_failure:
            tell(
                connection,
                claim.shop_key,
                claim.stream,
                error,
                previous=previous,
                now=now,
            )
