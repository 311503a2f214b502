"""Calls are counted together, over all processes, whatever happens to Redis."""

import multiprocessing
import time
from threading import Event

import pytest
import redis

from worker.domain.calls import Work
from worker.gateway.call_counts import CallCounts, read_call_totals
from worker.gateway.records import CallRecord

pytestmark = pytest.mark.integration


def record(*, outcome="ok", took=0.2, waited=0.0, work=Work.ORDERS):
    """Return a call of the one app here."""
    return CallRecord(
        marketplace="temu",
        app_id="temu:eu:key|with|bars",
        shop_id=None,
        endpoint="any",
        work=work,
        attempt=1,
        outcome=outcome,
        http_status=200,
        waited=waited,
        took=took,
        request_id=None,
    )


APP_ID = record().app_id


def count_many(url, prefix, number):
    """Count calls in a process of its own."""
    counts = CallCounts(redis.Redis.from_url(url), prefix=prefix)
    for _ in range(number):
        counts.note(record())
    counts.close()


def test_the_counts_of_several_processes_are_one_sum(valkey_url):
    """Each adds its own; none overwrites another's."""
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=count_many, args=(valkey_url, "together:", number))
        for number in (300, 500)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    totals = read_call_totals(redis.Redis.from_url(valkey_url), prefix="together:")

    assert totals.calls == {(APP_ID, "orders", "ok"): 800}


def test_outcomes_waits_and_durations_are_kept_apart(valkey_url):
    """A bound holds what is as long as itself; what is longer than all is kept too."""
    client = redis.Redis.from_url(valkey_url)
    counts = CallCounts(client, prefix="apart:")
    counts.note(record(took=0.25, waited=0.02))
    counts.note(record(took=99.0, waited=4.0, work=Work.TOKENS, outcome="Throttled"))
    counts.close()
    totals = read_call_totals(client, prefix="apart:")

    assert totals.calls == {
        (APP_ID, "orders", "ok"): 1,
        (APP_ID, "tokens", "Throttled"): 1,
    }
    assert totals.took[APP_ID].times == {"0.25": 1, "+Inf": 1}
    assert totals.took[APP_ID].seconds == pytest.approx(99.25)
    assert totals.waited[APP_ID].times == {"0.1": 1, "5.0": 1}
    assert totals.waited[APP_ID].seconds == pytest.approx(4.02)


def test_nobody_has_to_ask_for_the_counts_to_be_sent(valkey_url):
    """A last call, after which nothing happens any more, is counted soon."""
    client = redis.Redis.from_url(valkey_url)
    counts = CallCounts(client, prefix="soon:", every=0.05)
    counts.note(record())
    give_up = time.monotonic() + 20
    while not read_call_totals(client, prefix="soon:").calls:
        assert time.monotonic() < give_up
        Event().wait(0.02)
    counts.close()


def test_while_redis_is_away_counts_are_kept(own_valkey):
    """Counting neither fails nor waits; what was counted arrives later, once."""
    server, url = own_valkey
    client = redis.Redis.from_url(url)
    counts = CallCounts(client, prefix="away:", every=60)
    server.terminate()
    counts.note(record())
    arrived = [counts.flush()]
    counts.note(record())
    server.start()
    arrived += [counts.flush(), counts.flush()]
    totals = read_call_totals(client, prefix="away:")

    assert arrived == [False, True, True]
    assert totals.calls == {(APP_ID, "orders", "ok"): 2}
    counts.close()
