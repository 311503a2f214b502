"""The shared budget on a played Redis, with a clock that moves only while somebody sleeps."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import fakeredis
import pytest
import time_machine
from redis.crc import key_slot

from tests.unit.gateway.played import Bench, StallingRedis, Time, close, limited
from worker.domain.errors import BudgetExhausted, BudgetUnavailable
from worker.domain.limits import AN_HOUR, Limit
from worker.gateway.budget import CUT, LEAST_SHARE, TRIES, Budget
from worker.gateway.punctuality import ENOUGH

GAP = 0.105  # seconds: ten calls in a second and the widest pad
QUIET = 1.15  # seconds: a full second, the pad, and what may be fixed already
# What a spread is taken for that so few answers tell.
WIDENED = (ENOUGH + 1) / (ENOUGH - 1)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Set a budget up on an empty Redis, with both clocks standing still."""
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = Time(traveller)
        server = fakeredis.FakeServer()
        client = StallingRedis(server=server)
        client.stalls = []
        client.time_passes = clock.move
        budget = Budget(
            client,
            pad=timedelta(milliseconds=50),
            max_wait=timedelta(seconds=5),
            wait=clock.sleep,
            monotonic=clock.monotonic,
        )
        yield Bench(clock, server, client, budget)


def test_an_empty_redis_means_that_the_last_second_was_full(bench: Bench) -> None:
    """State that is missing may have been lost, so the first call waits a second."""
    waits = [bench.take(), bench.take()]

    assert waits == [close(QUIET), close(GAP)]


def test_a_known_app_waits_for_nothing_when_it_rested(bench: Bench) -> None:
    """After a rest the next call is free at once."""
    bench.known()

    assert bench.take() == 0


def test_calls_without_a_rest_are_evenly_spaced(bench: Bench) -> None:
    """There are no bursts: each call comes one gap after the one before."""
    bench.known()

    waits = [bench.take() for _ in range(5)]

    assert waits == [0, *[close(GAP)] * 4]


def test_limits_of_other_names_and_apps_are_not_shared(bench: Bench) -> None:
    """Each shop has its own slots, and what is known of an app is known for all of them."""
    bench.known()
    one, two = limited(name="shop:1"), limited(name="shop:2")

    waits = [bench.take(each) for each in (one, two, one, two)]

    assert waits == [0, 0, close(GAP), 0]
    assert bench.take(app="other") == close(QUIET)


def test_a_fraction_of_a_call_is_not_sent(bench: Bench) -> None:
    """Of 2.5 calls in a second, a strict counter lets two through; of 0.5, one in two."""
    bench.known()
    slow, slower = limited(2.5, name="slow"), limited(0.5, name="slower")

    waits = [bench.take(each) for each in (slow, slow, slower, slower)]

    assert waits == [0, close(1.05 / 2), 0, close(1.05 / 0.5)]


def test_a_wait_too_long_is_refused_and_books_nothing(bench: Bench) -> None:
    """The caller is told when to come back, and the next one hears the same."""
    bench.known()
    bench.refuse(pause=60)

    for _ in range(2):
        with pytest.raises(BudgetExhausted) as raised:
            bench.take()
        assert raised.value.retry_after.total_seconds() == close(60)


def test_a_refusal_stops_everybody_with_the_same_limit(bench: Bench) -> None:
    """The others are left alone; a shorter pause does not end a longer one."""
    bench.known()
    one, two = limited(name="shop:1"), limited(name="shop:2")
    bench.refuse(pause=3, limit=one)
    bench.refuse(pause=1, limit=one)

    assert [bench.take(two), bench.take(one)] == [0, close(3)]


def test_a_pause_reaches_those_who_wait(bench: Bench) -> None:
    """Who waits for its turn notices when it comes back for its slot."""
    bench.known()
    slow = limited(1)
    bench.take(slow)
    bench.clock.meanwhile.append(lambda: bench.refuse(pause=3, limit=slow))

    assert bench.take(slow) == close(3)


def test_a_refusal_lowers_the_limit_and_time_raises_it(bench: Bench) -> None:
    """By 30 %, once a second at the most, and back by 5 % of the limit per second."""
    bench.known()
    bench.refuse(pause=0)
    bench.refuse(pause=0)
    lowered = bench.allowed()
    bench.clock.move(2)
    recovering = bench.allowed()
    bench.clock.move(60)

    assert lowered == pytest.approx(CUT)
    assert recovering == pytest.approx(CUT + 0.1)
    assert bench.allowed() == 1


def test_a_lowered_limit_spaces_calls_wider(bench: Bench) -> None:
    """Half of the limit means twice the gap."""
    bench.known()
    bench.refuse(pause=0)
    bench.clock.move(1)
    bench.refuse(pause=0)

    bench.take()

    assert bench.take() > 1.6 * GAP


def test_a_limit_is_never_lowered_to_nothing(bench: Bench) -> None:
    """Something must be sent to learn that the marketplace answers again."""
    bench.known()
    for _ in range(30):
        bench.refuse(pause=0)
        bench.clock.move(1)
        bench.refuse(pause=0)

    assert bench.allowed() >= LEAST_SHARE


def test_what_was_learned_survives_a_redis_that_forgets(bench: Bench) -> None:
    """Callers tell an empty Redis which part of the limit was left."""
    bench.known()
    bench.refuse(pause=0)
    bench.redis.flushall()

    bench.take()

    assert CUT <= bench.allowed() < CUT + 0.1


def test_the_pad_is_learned_from_the_spread_of_answers(bench: Bench) -> None:
    """A network that is always equally fast needs next to none of it."""
    bench.known()
    for number in range(ENOUGH):
        bench.budget.answered(bench.demand(), 0.3 + 0.010 * (number % 2))
    bench.clock.move(20)

    bench.take()

    assert bench.take() == close((1 + 0.010 * WIDENED + 0.0025) / 10)


def test_of_several_pads_the_widest_counts(bench: Bench) -> None:
    """Another process with a worse network is heard of through Redis."""
    bench.known()
    other = Budget(
        bench.redis,
        pad=timedelta(milliseconds=50),
        max_wait=timedelta(seconds=5),
        wait=bench.clock.sleep,
        monotonic=bench.clock.monotonic,
    )
    for number in range(ENOUGH):
        bench.budget.answered(bench.demand(), 0.3)
        other.answered(bench.demand(), 0.3 + 0.020 * (number % 2))
    bench.clock.move(20)
    other.take(bench.demand())

    bench.take()

    assert bench.take() == close((1 + 0.020 * WIDENED + 0.0025) / 10)


def test_a_late_call_delays_only_the_one_a_second_after_it(bench: Bench) -> None:
    """Ten calls a second are ten rows; being late costs the other nine nothing."""
    bench.known()
    sent = []
    for number in range(30):
        bench.clock.oversleep = [0.03] if number == 5 else []
        bench.take()
        sent.append(bench.clock.ours)

    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert gaps[:4] == [close(GAP)] * 4
    for late in (5, 15, 25):
        assert gaps[late - 1 : late + 1] == [close(GAP + 0.03), close(GAP - 0.03)]
    assert sent[29] - sent[0] == close(29 * GAP)


@pytest.mark.parametrize("seed", range(3))
def test_however_late_calls_are_no_second_holds_too_many(
    bench: Bench, seed: int
) -> None:
    """Late by up to nearly a whole slot, and by more than the pad."""
    bench.known()
    dice = Random(seed)  # noqa: S311 -- always the same dice
    sent = []
    for _ in range(200):
        late = dice.random() < 0.2
        bench.clock.oversleep = [dice.uniform(0.003, 0.07)] if late else []
        bench.take(limited(13))
        sent.append(bench.clock.ours)

    seconds = [later - first for first, later in zip(sent, sent[13:], strict=False)]
    # Of the pad of 50 ms, 20 ms at the most are for lateness that is not told.
    assert min(seconds) > 1.03


def test_a_slot_reached_a_little_late_is_used(bench: Bench) -> None:
    """The pad covers some lateness."""
    bench.known()
    bench.take()
    bench.clock.oversleep += [0.002]

    assert bench.take() == close(GAP + 0.002)
    assert bench.take() == close(GAP - 0.002)


def test_who_oversleeps_its_appointment_begins_anew(bench: Bench) -> None:
    """Its place in the queue is gone by then."""
    bench.clock.oversleep = [2.0]

    assert bench.take() < 5


def test_who_never_hears_in_time_gives_up(bench: Bench) -> None:
    """A Redis whose answers always take seconds does not keep a worker for ever."""
    bench.known()
    bench.redis.stalls += [1.5] * (TRIES + 1)

    with pytest.raises(BudgetExhausted):
        bench.take()


def test_a_redis_that_is_far_away_is_asked_once(bench: Bench) -> None:
    """Its "now" is over when its answer arrives; the slot lies behind that."""
    bench.redis.distance = 0.08
    bench.known()
    asked = CountedCalls(bench)

    assert bench.take() == close(0.08)
    assert asked.count() == 1


@pytest.mark.parametrize("distance", [0.1, 0.13, 0.3, 0.9])
def test_a_redis_that_is_very_far_away_is_no_reason_to_wait_for_ever(
    bench: Bench, distance: float
) -> None:
    """A slot is fixed as early as its caller can hear of it."""
    bench.redis.distance = distance
    bench.known()

    assert max(bench.take() for _ in range(5)) < 3


@pytest.mark.parametrize("late", [0.1, 0.15, 0.4, 1.0])
@pytest.mark.parametrize("calls", [10, 100_000])
def test_who_wakes_up_far_too_late_gets_another_slot(
    bench: Bench, late: float, calls: float
) -> None:
    """Also where a slot is gone as soon as it is given."""
    bench.known()
    bench.take(limited(calls))
    bench.redis.stalls += [late, late]

    assert bench.take(limited(calls)) < 5


def test_a_redis_clock_set_back_silences_nobody(bench: Bench) -> None:
    """The app's clock goes on from where it was."""
    bench.known()
    bench.take()
    bench.clock.redis.shift(-3600)

    assert [bench.take(), bench.take()] == [close(GAP)] * 2


def test_a_redis_clock_set_forward_doubles_no_second(bench: Bench) -> None:
    """Callers know better how much time has passed."""
    bench.known()
    bench.take()
    bench.clock.redis.shift(20)

    assert [bench.take(), bench.take()] == [close(GAP)] * 2


def test_a_redis_clock_set_far_forward_costs_a_second(bench: Bench) -> None:
    """Redis has forgotten what it thinks is old."""
    bench.known()
    bench.take()
    bench.clock.redis.shift(3600)

    assert [bench.take(), bench.take()] == [close(QUIET), close(GAP)]


def test_without_redis_nothing_is_given(bench: Bench) -> None:
    """A budget that cannot be asked gives nothing."""
    bench.known()
    bench.server.connected = False

    with pytest.raises(BudgetUnavailable):
        bench.take()
    with pytest.raises(BudgetUnavailable):
        bench.refuse(pause=1)
    with pytest.raises(BudgetUnavailable):
        bench.allowed()


def test_the_calls_of_the_last_seconds_are_counted_over_all_shops(
    bench: Bench,
) -> None:
    """Use is calls per second of the whole app."""
    bench.known()
    for _ in range(60):
        bench.take(limited(name="shop:1"))
        bench.take(limited(name="shop:2"))

    standings = bench.budget.standings("scripted:default:key", "app")

    assert standings["app"].calls_per_second == pytest.approx(2 / GAP, rel=0.2)


def test_limits_that_refused_calls_are_shown(bench: Bench) -> None:
    """Besides the app's own; the latest first."""
    bench.known()
    bench.refuse(pause=1, limit=limited(name="shop:1"))
    bench.clock.move(1)
    bench.refuse(pause=4, limit=limited(name="shop:2"))

    standings = bench.budget.standings("scripted:default:key", "app")

    assert list(standings) == ["app", "shop:2", "shop:1"]
    assert standings["shop:2"].paused_for == close(4)


def test_looking_changes_nothing(bench: Bench) -> None:
    """An app that nobody called is not remembered for having been looked at."""
    bench.budget.standings("scripted:default:key", "app")

    assert bench.redis.keys() == []


def test_who_is_interrupted_leaves_the_queue(bench: Bench) -> None:
    """Ctrl-C while waiting: nobody waits behind a caller that is gone."""
    bench.known()
    slow = limited(0.5)
    bench.take(slow)

    def interrupt() -> None:
        raise KeyboardInterrupt

    bench.clock.meanwhile.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        bench.take(slow)

    standing = bench.budget.standings("scripted:default:key", "app")["app"]
    assert standing.waiting == 0


def test_all_keys_of_an_app_lie_on_one_node_of_a_cluster(bench: Bench) -> None:
    """Redis Cluster runs a script only where all of its keys are."""
    bench.known()
    both = limited(1), limited(1, name="endpoint:slow")
    bench.take(*both)
    bench.take(*both)
    bench.refuse(pause=1)

    slots = {key_slot(key) for key in bench.redis.scan_iter()}

    assert len(bench.redis.keys()) >= 4
    assert len(slots) == 1


def test_no_key_stays_for_ever(bench: Bench) -> None:
    """What is left behind when an app goes away ends by itself."""
    bench.known()
    bench.take(limited(1), Limit(name="hour", calls=5, per=AN_HOUR))
    bench.take(limited(1), Limit(name="hour", calls=5, per=AN_HOUR))
    bench.refuse(pause=1)

    assert all(0 < bench.redis.ttl(key) <= 86_400 for key in bench.redis.scan_iter())


def test_high_limits_are_booked_in_batches(bench: Bench) -> None:
    """Whoever comes back at once asks less and less often."""
    fast = limited(10_000)
    bench.take(fast)
    bench.clock.move(10)
    asked = CountedCalls(bench)
    for _ in range(1000):
        bench.take(fast)

    assert asked.count() <= 60


class CountedCalls:
    """Counts the questions to Redis from now on."""

    def __init__(self, bench: Bench) -> None:
        self._questions = 0
        ask: Callable[..., object] = bench.redis.execute_command

        def counted(*args: object, **options: object) -> object:
            self._questions += 1
            return ask(*args, **options)

        bench.redis.execute_command = counted  # type: ignore[method-assign]  # it counts

    def count(self) -> int:
        """Return how many there were."""
        return self._questions
