"""The shared budget on a played Redis, with a clock that moves only while somebody sleeps."""

import pytest
from redis.crc import key_slot

from tests.unit.gateway.played import GAP, QUIET, Bench, CountedCalls, close, limited
from worker.domain.errors import BudgetExhausted, BudgetUnavailable
from worker.domain.limits import AN_HOUR, Limit


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
