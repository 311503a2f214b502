"""One tick: claim what is due, say which messages to send once the claim is committed.

Each app gets as much as its budget can serve until the next tick, so that queues stay short
and whoever is owed most comes first; what was handed out and is not done counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from uuid import uuid4

from sqlalchemy import Connection

from worker.domain.calls import Work
from worker.domain.records import Stream
from worker.schedule.admission import Line, admit, cost, pick
from worker.schedule.allowances import FORGOTTEN, Allowance
from worker.schedule.places import ROUND_TRIP
from worker.store.claims import Claim, lease_streams
from worker.store.database import Database, database_now
from worker.store.waiting import (
    Waiting,
    held_refreshes,
    held_streams,
    is_alone,
    known_apps,
    lease_refreshes,
    urgent_streams,
    waiting_refreshes,
    waiting_streams,
)

# Work for so much longer than until the next tick: ticks come late, and messages travel.
_RESERVE = timedelta(seconds=2)
# A lease older than this belongs to a long turn, or to somebody dead whose share of the
# budget must not lie idle until it ends.
_HELD_FOR = timedelta(seconds=30)
# One tick's share, also where each shop has a budget of its own.
_MOST = 1000
# A queue this long holds work for longer than a lease: let it drain first.
_LONGEST_QUEUE = 1000

_STREAMS: Mapping[Work, Stream] = {
    Work.ORDERS: Stream.ORDERS,
    Work.PRODUCTS: Stream.PRODUCTS,
}
_Lines = dict[Work, Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRefresh:
    """The right to refresh one authorization."""

    authorization_id: int
    lease: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What was claimed; a message that gets lost costs its lease, nothing else."""

    refreshes: tuple[DueRefresh, ...] = ()
    pulls: tuple[Claim, ...] = ()
    lease: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often ticks come, and how long what they hand out is leased."""

    tick_every: timedelta
    lease: timedelta

    @property
    def horizon(self) -> float:
        """For how many seconds a tick hands out work."""
        return (self.tick_every + _RESERVE).total_seconds()

    @property
    def most(self) -> float:
        """How many calls one turn can make until the next tick, one after the other."""
        return max(self.horizon / ROUND_TRIP, 1.0)

    def held_after(self, now: datetime) -> datetime:
        """Return the end of the oldest lease that still counts."""
        return now + max(self.lease - _HELD_FOR, timedelta(0))


def claim_due(
    database: Database,
    allowances: Sequence[Allowance],
    *,
    pace: Pace,
    queue_length: Callable[[], int],
) -> Due:
    """Claim due refreshes and streams; nobody else gets them until the lease ends.

    Of two ticks at the same time one hands out everything, and the other nothing.
    """
    places = max(_LONGEST_QUEUE - queue_length(), 0)
    with database.write() as connection:
        if not is_alone(connection):
            return Due(lease=pace.lease)
        now = database_now(connection)
        return hand_out(connection, allowances, pace=pace, places=places, now=now)


def hand_out(
    connection: Connection,
    allowances: Sequence[Allowance],
    *,
    pace: Pace,
    places: int,
    now: datetime,
) -> Due:
    """Lease what each app's budget can serve until the next tick."""
    configured = {each.app_id: each for each in allowances}
    after = pace.held_after(now)
    held = held_streams(connection, leased_until=after)
    refreshing = held_refreshes(connection, leased_until=after)
    refreshes: list[int] = []
    pulls: dict[str, _Lines] = {}
    for app_id in known_apps(connection):
        allowance = configured.get(app_id) or Allowance(
            app_id=app_id, calls_per_second=FORGOTTEN
        )
        room = _room(allowance, pace)
        lines = _lines(
            connection,
            allowance,
            now=now,
            due_before=now + timedelta(seconds=pace.horizon),
            limit=min(places, _MOST if allowance.per_shop else int(2 * room) + 2),
            most_refreshes=int(room),
            held={
                **{
                    work: cost(held.get((app_id, of), ()), pace.most)
                    for work, of in _STREAMS.items()
                },
                Work.TOKENS: refreshing.get(app_id, 0),
            },
        )
        if allowance.per_shop:
            # Calls that belong to no shop have a limit of their own.
            tokens = lines.pop(Work.TOKENS)
            refreshes += _numbers(pick(tokens.waiting, room=room - tokens.held, most=1))
        else:
            admitted = admit(lines, room=room, most=pace.most)
            refreshes += _numbers(admitted[Work.TOKENS])
            lines = {
                work: Line(waiting=admitted[work])
                for work in lines
                if work is not Work.TOKENS
            }
        pulls[app_id] = lines
    token = uuid4().hex
    until = now + pace.lease
    lease_refreshes(connection, refreshes, owner=token, until=until)
    chosen = _in_turn(pulls, places=min(places, _MOST))
    return Due(
        refreshes=tuple(
            DueRefresh(authorization_id=number, lease=token) for number in refreshes
        ),
        pulls=tuple(lease_streams(connection, chosen, token=token, until=until)),
        lease=pace.lease,
    )


def _room(allowance: Allowance, pace: Pace) -> float:
    """Return the calls that an app can send until the next tick, and a reserve."""
    seconds = pace.horizon - allowance.paused_for.total_seconds()
    return allowance.calls_per_second * max(seconds, 0.0)


def _lines(
    connection: Connection,
    allowance: Allowance,
    *,
    now: datetime,
    due_before: datetime,
    limit: int,
    most_refreshes: int,
    held: Mapping[Work, float],
) -> _Lines:
    """Return who waits for an app's calls. Refreshes start before the next tick, not after."""
    app_id = allowance.app_id
    urgent = urgent_streams(connection, app_id, now=now, limit=limit)
    known = {each.number for each in urgent}

    def waiting(stream: Stream) -> list[Waiting]:
        found = waiting_streams(connection, app_id, stream, now=now, limit=limit)
        return [each for each in found if each.number not in known]

    lines = {
        Work.TOKENS: waiting_refreshes(
            connection, app_id, due_before=due_before, now=now, limit=most_refreshes
        ),
        Work.WEBHOOK: urgent,
        **{work: waiting(stream) for work, stream in _STREAMS.items()},
    }
    return {
        work: Line(waiting=found, held=held.get(work, 0.0))
        for work, found in lines.items()
    }


def _in_turn(pulls: Mapping[str, _Lines], *, places: int) -> list[int]:
    """Return which streams get the places: apps take turns, in each the urgent come first."""
    left = places
    shares: dict[str, list[int]] = {}
    # Who wants least first: what it leaves is for the others.
    ordered = sorted(pulls.items(), key=lambda each: _length(each[1]))
    for others, (app_id, lines) in enumerate(ordered, start=-len(ordered)):
        share = left // -others
        if _length(lines) > share:
            chosen = admit(lines, room=share, most=1)
        else:
            chosen = {work: list(line.waiting) for work, line in lines.items()}
        shares[app_id] = _numbers(chain.from_iterable(chosen.values()))
        left -= len(shares[app_id])
    rounds = zip_longest(*shares.values())
    return [number for each in rounds for number in each if number is not None]


def _length(lines: _Lines) -> int:
    return sum(len(line.waiting) for line in lines.values())


def _numbers(chosen: "Sequence[Waiting] | chain[Waiting]") -> list[int]:
    return [each.number for each in chosen]
