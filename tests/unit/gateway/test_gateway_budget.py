"""The shared budget on a played Redis, with a clock that moves only while somebody sleeps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor

import fakeredis
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted, BudgetUnavailable
from worker.domain.identity import App
from worker.gateway.budget import TRIES, Budget, spacing
from worker.gateway.ledger import Keys, Ledger

PAD = timedelta(milliseconds=50)
INTERVAL = 0.105  # seconds: ten calls in a second and a pad
QUIET = 1.15  # seconds: a full second, the pad, and what may already be confirmed
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def app(*, requests_per_second: float = 10, key: str = "key") -> App:
    """Make an app with a limit."""
    return App(
        marketplace="scripted",
        zone="default",
        app_key=key,
        app_secret="secret",
        api_url="https://api.example",
        requests_per_second=requests_per_second,
    )


@dataclass
class Time:
    """Redis's clock and ours, moved by sleeping; both stand still otherwise."""

    redis: time_machine.Traveller
    ours: float = 1000.0
    # What happens in the middle of the next sleeps.
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    oversleep: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Return our own clock."""
        return self.ours

    def move(self, seconds: float) -> None:
        """Let time pass everywhere."""
        self.ours += seconds
        self.redis.shift(seconds)

    def sleep(self, seconds: float) -> None:
        """Sleep, perhaps too long; something may happen meanwhile."""
        if self.meanwhile:
            self.meanwhile.pop(0)()
        self.move(seconds + (self.oversleep.pop(0) if self.oversleep else 0.0))


class StallingRedis(fakeredis.FakeRedis):
    """A Redis whose answers may reach us late."""

    stalls: list[float]
    time_passes: Callable[[float], None]

    def execute_command(self, *args: object, **options: object) -> object:
        """Answer, and let time pass before anybody reads it."""
        ask: Callable[..., object] = super().execute_command
        answer = ask(*args, **options)
        if self.stalls:
            self.time_passes(self.stalls.pop(0))
        return answer


@dataclass
class Bench:
    """A budget, its clock, its Redis and a second look into its book."""

    clock: Time
    server: fakeredis.FakeServer
    redis: StallingRedis
    budget: Budget
    ledger: Ledger

    def take(
        self, of: App | None = None, shop: str | None = None, work: Work = Work.TOKENS
    ) -> float:
        """Take a call; return the seconds waited."""
        return self.budget.take(of or app(), shop, work)

    def known(self) -> None:
        """Let the app's first, quiet second be over."""
        self.take()
        self.clock.move(10)

    def queue(self, calls: int) -> None:
        """Let others book calls that they have not sent yet."""
        for _ in range(calls):
            self.ledger.reserve(
                KEYS,
                interval=timedelta(seconds=INTERVAL),
                patience=timedelta(minutes=1),
                quiet=timedelta(seconds=QUIET),
            )


KEYS = Keys(
    state="sellersync:budget:{scripted:default:key}:all",
    app="sellersync:budget:{scripted:default:key}:memory",
    counters="sellersync:budget:{scripted:default:key}:used:",
)


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
            pad=PAD,
            max_wait=timedelta(seconds=5),
            wait=clock.sleep,
            monotonic=clock.monotonic,
        )
        yield Bench(clock, server, client, budget, Ledger(client))


def close(expected: float) -> object:
    """Compare to the microseconds that Redis counts in."""
    return pytest.approx(expected, abs=5e-5)


def test_an_empty_redis_means_that_the_last_second_was_full(bench: Bench) -> None:
    """State that is missing may have been lost, so the first call waits a second."""
    waits = [bench.take(), bench.take()]

    assert waits == [close(QUIET), close(INTERVAL)]


def test_a_slow_limit_makes_an_empty_redis_wait_longer(bench: Bench) -> None:
    """Where a call is free every other second only, the last two seconds count as full."""
    assert bench.take(app(requests_per_second=0.5)) == close(2.2)


def test_a_known_app_waits_for_nothing_when_it_rested(bench: Bench) -> None:
    """After a rest the next call is free at once."""
    bench.known()

    assert bench.take() == 0


def test_calls_without_a_rest_are_evenly_spaced(bench: Bench) -> None:
    """There are no bursts: each call comes one interval after the one before."""
    bench.known()

    waits = [bench.take() for _ in range(5)]

    assert waits == [0, *[close(INTERVAL)] * 4]


def test_a_new_shop_of_a_known_app_does_not_wait(bench: Bench) -> None:
    """Redis's memory is known per app, so only the app's first shop finds it empty."""
    bench.take(shop="one")
    bench.clock.move(QUIET)

    assert bench.take(shop="two") == 0


def test_shops_do_not_share_a_budget_but_callers_of_a_shop_do(bench: Bench) -> None:
    """Each shop has its own slots."""
    bench.known()

    waits = [bench.take(shop=shop) for shop in ("one", "two", "one", "two")]

    assert waits == [0, 0, close(INTERVAL), 0]


def test_apps_do_not_share_a_budget(bench: Bench) -> None:
    """Another app's calls take nothing away."""
    bench.known()
    bench.take(app(key="other"))
    bench.clock.move(10)

    waits = [bench.take(), bench.take(app(key="other"))]

    assert waits == [0, 0]


def test_a_wait_too_long_raises_and_books_nothing(bench: Bench) -> None:
    """A caller that gives up leaves the queue as long as it was."""
    bench.known()
    bench.queue(50)

    with pytest.raises(BudgetExhausted) as first:
        bench.take()
    with pytest.raises(BudgetExhausted) as second:
        bench.take()

    waits = [each.value.retry_after.total_seconds() for each in (first, second)]
    assert waits == [close(50 * INTERVAL)] * 2


def test_less_urgent_work_stops_queueing_first(bench: Bench) -> None:
    """With four seconds booked, only tokens and webhooks still queue."""
    bench.known()

    def queues(work: Work) -> bool:
        bench.clock.move(10)
        bench.queue(40)
        try:
            bench.take(work=work)
        except BudgetExhausted:
            return False
        return True

    assert [work for work in Work if queues(work)] == [Work.TOKENS, Work.WEBHOOK]


def test_a_pause_holds_back_the_next_call(bench: Bench) -> None:
    """After a pause began, the next call comes when it ends."""
    bench.known()

    bench.budget.pause(app(), None, timedelta(seconds=2))

    assert bench.take() == close(2)


def test_a_longer_pause_stands(bench: Bench) -> None:
    """A shorter pause does not end a longer one."""
    bench.known()

    bench.budget.pause(app(), None, timedelta(seconds=3))
    bench.budget.pause(app(), None, timedelta(seconds=1))

    assert bench.take() == close(3)


def test_a_pause_of_one_shop_leaves_the_others_alone(bench: Bench) -> None:
    """Where budgets are per shop, so are pauses."""
    bench.known()

    bench.budget.pause(app(), "one", timedelta(seconds=3))

    assert [bench.take(shop="two"), bench.take(shop="one")] == [0, close(3)]


def test_a_pause_reaches_those_who_already_sleep(bench: Bench) -> None:
    """A slot that falls into a pause is void; its owner books another after the pause."""
    bench.known()
    bench.queue(5)
    bench.clock.meanwhile.append(
        lambda: bench.budget.pause(app(), None, timedelta(seconds=3))
    )

    assert bench.take() == close(3)


def test_time_already_waited_counts_against_the_longest_wait(bench: Bench) -> None:
    """A caller whose slot became void does not begin to wait from nothing."""
    bench.known()
    bench.queue(20)
    bench.clock.meanwhile.append(
        lambda: bench.budget.pause(app(), None, timedelta(seconds=6))
    )

    with pytest.raises(BudgetExhausted) as raised:
        bench.take()

    # Two seconds were waited before the slot was found void; four more would be too long.
    assert raised.value.retry_after.total_seconds() == close(6 - (20 * INTERVAL - 0.1))


def test_a_pause_leaves_later_slots_where_they_are(bench: Bench) -> None:
    """A slot beyond the end of a pause still holds."""
    bench.known()
    bench.queue(20)
    bench.clock.meanwhile.append(
        lambda: bench.budget.pause(app(), None, timedelta(seconds=1))
    )

    assert bench.take() == close(20 * INTERVAL)


def test_sleepers_notice_that_redis_lost_its_memory(bench: Bench) -> None:
    """A slot booked before the loss may be booked again, so it is given up."""
    bench.known()
    bench.queue(20)
    bench.clock.meanwhile.append(bench.redis.flushall)

    waited = bench.take()

    # It wakes to confirm its slot, and starts anew.
    assert waited == close(20 * INTERVAL - 0.1 + QUIET)


def test_a_slot_missed_by_waking_late_is_given_up(bench: Bench) -> None:
    """Late callers would meet the next slot's caller, so they book again."""
    bench.known()
    bench.queue(5)
    bench.clock.oversleep += [0, 0.021]

    waited = bench.take()

    assert waited == close(6 * INTERVAL)


def test_a_slot_reached_a_little_late_is_used(bench: Bench) -> None:
    """The pad covers some lateness."""
    bench.known()
    bench.queue(5)
    bench.clock.oversleep += [0, 0.019]

    assert bench.take() == close(5 * INTERVAL + 0.019)


def test_an_answer_that_came_late_counts_as_lateness(bench: Bench) -> None:
    """Nobody knows when Redis wrote a slow answer, so its slot may be over."""
    bench.known()
    bench.redis.stalls += [0.03]

    waited = bench.take()

    # The first slot was over when its answer came; the second one was not.
    assert waited == close(INTERVAL)


def test_waking_early_does_not_send_early(bench: Bench) -> None:
    """A sleep cut short gives the slot up instead of using it before its time."""
    bench.known()
    bench.queue(5)
    bench.clock.oversleep += [0, -0.05]

    assert bench.take() == close(6 * INTERVAL)


def test_who_is_always_late_gives_up(bench: Bench) -> None:
    """A machine that cannot keep time does not eat everybody's slots."""
    bench.known()
    bench.queue(1)
    bench.clock.oversleep += [0.021] * 2 * TRIES

    with pytest.raises(BudgetExhausted):
        bench.take()


def test_a_redis_clock_set_back_costs_a_second_not_an_hour(bench: Bench) -> None:
    """Slots from a future that was taken back are forgotten."""
    bench.known()
    bench.queue(3)
    bench.clock.redis.shift(-3600)

    assert bench.take() == close(QUIET)


def test_a_redis_clock_set_back_costs_all_shops_one_second_together(
    bench: Bench,
) -> None:
    """The memory begins anew once per app, not once per shop."""
    bench.known()
    for shop in ("one", "two", "three"):
        bench.take(shop=shop)
    bench.clock.redis.shift(-3600)

    waits = [bench.take(shop=shop) for shop in ("one", "two", "three")]

    assert waits == [close(QUIET), 0, 0]


def test_a_redis_clock_set_back_wakes_sleepers_in_time(bench: Bench) -> None:
    """A sleeper does not trust a slot that moved away while it slept."""
    bench.known()
    bench.queue(10)
    bench.clock.meanwhile.append(lambda: bench.clock.redis.shift(-3600))

    assert bench.take() == close(10 * INTERVAL - 0.1 + QUIET)


def test_without_redis_nothing_is_given(bench: Bench) -> None:
    """A budget that cannot be asked gives nothing."""
    bench.known()
    bench.server.connected = False

    with pytest.raises(BudgetUnavailable):
        bench.take()
    with pytest.raises(BudgetUnavailable):
        bench.budget.pause(app(), None, timedelta(seconds=1))
    with pytest.raises(BudgetUnavailable):
        bench.budget.used(app())


def test_the_calls_of_the_last_seconds_are_counted_over_all_shops(
    bench: Bench,
) -> None:
    """Use is calls per second of the whole app, over five full seconds."""
    bench.known()
    for _ in range(20):
        bench.take(shop="one")
        bench.take(shop="two")
    bench.clock.move(2)

    used = bench.budget.used(app())

    assert used == 40 / 5


def test_an_unused_app_uses_nothing(bench: Bench) -> None:
    """An app nobody called uses no calls."""
    assert bench.budget.used(app()) == 0


@given(
    limit=st.floats(0.05, 500),
    pad=st.timedeltas(min_value=timedelta(0), max_value=timedelta(seconds=1)),
)
def test_no_second_holds_more_slots_than_the_limit(
    limit: float, pad: timedelta
) -> None:
    """A second that begins with a slot holds at most the whole calls of the limit."""
    interval = spacing(limit, pad)

    # To the microsecond that Redis counts in; it rounds up.
    slots = 1 + floor(
        Fraction(10**6) / (interval / timedelta(microseconds=1) + Fraction(1))
    )
    assert slots <= max(floor(limit), 1)


steps = st.one_of(
    st.tuples(st.just("pass"), st.floats(0, 3)),
    st.tuples(st.just("pause"), st.floats(0, 3)),
    st.tuples(st.just("book"), st.just(0.0)),
)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(steps, max_size=30))
def test_booked_slots_are_never_closer_than_the_interval(
    steps: list[tuple[str, float]],
) -> None:
    """Whatever passes and pauses: slots of one key keep their distance and lie ahead."""
    slots: list[int] = []
    with time_machine.travel(NOON, tick=False) as redis_time:
        ledger = Ledger(fakeredis.FakeRedis())
        for what, seconds in steps:
            if what == "pass":
                redis_time.shift(seconds)
            elif what == "pause":
                ledger.pause(KEYS, timedelta(seconds=seconds))
            else:
                booking = ledger.reserve(
                    KEYS,
                    interval=timedelta(seconds=INTERVAL),
                    patience=timedelta(seconds=5),
                    quiet=timedelta(seconds=QUIET),
                )
                if booking.booked:
                    assert booking.wait >= 0
                    slots.append(booking.slot)

    distances = [later - earlier for earlier, later in pairwise(slots)]
    assert all(distance >= INTERVAL * 1e6 for distance in distances)
