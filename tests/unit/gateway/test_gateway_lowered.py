"""A refusal stops everybody with the same limit, lowers it, and time raises it again."""

import pytest

from tests.unit.gateway.played import GAP, Bench, close, limited
from worker.gateway.budget import CUT, LEAST_SHARE


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


def test_limits_that_refused_calls_are_shown(bench: Bench) -> None:
    """Besides the app's own; the latest first."""
    bench.known()
    bench.refuse(pause=1, limit=limited(name="shop:1"))
    bench.clock.move(1)
    bench.refuse(pause=4, limit=limited(name="shop:2"))

    standings = bench.budget.standings("scripted:default:key", "app")

    assert list(standings) == ["app", "shop:2", "shop:1"]
    assert standings["shop:2"].paused_for == close(4)
