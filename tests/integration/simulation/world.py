"""What is true in one simulated shop, and what its marketplace shows of it by now."""

import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

# Before the first moment of a simulation nothing happened.
BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)

# A key of the marketplace's own index: the second of the last update, and the id.
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a record."""

    record_id: str
    number: int
    # In whole seconds, as marketplaces give it.
    updated_at: int
    # Several seconds, minutes or hours later in an eventually consistent index.
    visible_at: float
    deleted: bool = False

    @property
    def lateness(self) -> timedelta:
        """How long after its update time it could be read."""
        return timedelta(seconds=self.visible_at - self.updated_at)


@dataclass(slots=True)
class World:
    """One shop: the truth at once, the index as soon as each version is visible."""

    truth: dict[str, Version] = field(default_factory=dict)
    _hidden: list[tuple[float, int, Version]] = field(default_factory=list)
    _shown: dict[str, Version] = field(default_factory=dict)
    _places: list[Place] = field(default_factory=list)
    # The newest version of each record that was ever shown: older ones come too late.
    _reached: dict[str, int] = field(default_factory=dict)
    _serial: int = 0

    def update(
        self,
        record_id: str,
        at: datetime,
        *,
        lateness: timedelta = timedelta(0),
        moves_time: bool = True,
        deleted: bool = False,
    ) -> None:
        """Make a new version of a record; one that moves no time is seen at once."""
        last = self.truth.get(record_id)
        second = int(at.timestamp())
        if last is not None:
            second = second if moves_time else last.updated_at
        version = Version(
            record_id=record_id,
            number=last.number + 1 if last else 1,
            updated_at=second,
            visible_at=at.timestamp() + lateness.total_seconds(),
            deleted=deleted,
        )
        self.truth[record_id] = version
        self._serial += 1
        heappush(self._hidden, (version.visible_at, self._serial, version))

    def catch_up(self, now: datetime) -> None:
        """Show what has become visible by now."""
        moment = now.timestamp()
        while self._hidden and self._hidden[0][0] <= moment:
            _, _, version = heappop(self._hidden)
            if self._reached.get(version.record_id, 0) > version.number:
                continue
            self._reached[version.record_id] = version.number
            shown = self._shown.pop(version.record_id, None)
            if shown is not None:
                del self._places[bisect_left(self._places, _place(shown))]
            if version.deleted:
                continue
            self._shown[version.record_id] = version
            insort(self._places, _place(version))

    def between(self, start: datetime | None, end: datetime) -> Sequence[Place]:
        """Return the places within a closed range, oldest first."""
        first = 0
        if start is not None:
            first = bisect_left(self._places, (int(start.timestamp()), ""))
        last = bisect_right(self._places, (int(end.timestamp()), "\uffff"))
        return self._places[first:last]

    def shown(self, record_id: str) -> Version | None:
        """Return the version that can be read now."""
        return self._shown.get(record_id)

    def living(self) -> dict[str, Version]:
        """Return the truth without what was deleted."""
        return {
            found: version
            for found, version in self.truth.items()
            if not version.deleted
        }


def _place(version: Version) -> Place:
    return version.updated_at, version.record_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempers:
    """How a simulated shop behaves; chances are per version."""

    records: int
    # Over which the records appear; each then changes a few times.
    length: timedelta
    changes_per_record: int = 2
    # Of a version to become visible late, by a heavy-tailed time.
    late: float = 0.01
    # Of a change not to move the update time, as stock and prices do not.
    silent: float = 0
    # Of a change to be the last one: the record is gone.
    deleted: float = 0
    # Of an update to come in a burst, many in the same second.
    bursts: float = 0.05
    # More than a page holds.
    burst_size: int = 150


def write_history(world: World, tempers: Tempers, chance: random.Random) -> None:
    """Fill a shop with all that will happen in it, from the beginning on."""
    for moment, record_id in sorted(_moments(tempers, chance)):
        last = world.truth.get(record_id)
        at = BEGINNING + timedelta(seconds=moment)
        if last is None or chance.random() >= tempers.deleted + tempers.silent:
            if last is not None and last.deleted:
                continue
            late = chance.random() < tempers.late
            lateness = _heavy_tail(chance) if late else timedelta(0)
            world.update(record_id, at, lateness=lateness)
        elif not last.deleted:
            share = tempers.deleted / (tempers.deleted + tempers.silent)
            gone = chance.random() < share
            world.update(record_id, at, moves_time=gone, deleted=gone)


def _moments(tempers: Tempers, chance: random.Random) -> Iterable[tuple[float, str]]:
    length = tempers.length.total_seconds()
    burst, left = 0.0, 0
    for number in range(tempers.records):
        record_id = f"o{number:06}"
        moment = chance.uniform(0, length)
        if not left and chance.random() < tempers.bursts / tempers.burst_size:
            burst, left = moment, tempers.burst_size
        if left:
            moment, left = burst, left - 1
        yield moment, record_id
        for _ in range(chance.randrange(2 * tempers.changes_per_record + 1)):
            # Often soon after, sometimes in the same second, sometimes days later.
            moment = moment + chance.choice((0.0, 1.0, 30.0, 600.0, length / 4)) * (
                chance.random()
            )
            if moment < length:
                yield moment, record_id


def _heavy_tail(chance: random.Random) -> timedelta:
    """Return some seconds mostly, hours rarely: Pareto, as eventual consistency is."""
    return timedelta(seconds=min(10 * chance.paretovariate(0.7), 6 * 3600))
