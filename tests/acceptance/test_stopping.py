"""A worker that is asked to end does so within 20 seconds, and leaves nothing leased."""

import signal
import time
from threading import Event

import pytest
from sqlalchemy import select

from tests.chaos.crew import beat, worker
from tests.chaos.recovery import LAG, moment, recovered
from tests.chaos.stage import staged
from worker.store.schema.reads import page_reads
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.streams import all_streams

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(400)]

LEASE = 180  # seconds
# A message that arrives while a worker gives up ends with it, and costs its stream a lease.
ONE_LEASE_LATER = LEASE + 40
SMALL = ("--sellers", "1", "--malls", "1", "--orders", "20", "--products", "5")


@pytest.fixture
def stage(tmp_path):
    """Start one worker and one beat, with a patience for slow pages."""
    with staged(
        f"sqlite:///{tmp_path / 'stopping.db'}",
        sandbox_options=SMALL,
        # More threads than work: it always asks for the next message.
        parts=[worker("worker-a", threads=24), beat("beat-a")],
        HTTP__READ_TIMEOUT="60s",
        HTTP__DEADLINE="60s",
        SCHEDULE__LEASE=f"{LEASE}s",
    ) as stage:
        assert recovered(stage, moment(stage), patience=40).missing == ""
        yield stage


def held_by_workers(stage):
    """Return the leases that workers hold; what the tick holds is not begun."""
    with stage.database.read() as connection:
        return [
            token
            for table in (streams, slices)
            for token in connection.execute(select(table.c.lease_token)).scalars()
            if token is not None and "-" in token
        ]


def streams_held(stage):
    """Return the streams that workers pull."""
    with stage.database.read() as connection:
        return {
            (found.shop_key, found.stream)
            for found in all_streams(connection)
            if "-" in (found.lease_token or "")
        }


def streams_beyond(stage, moment):
    """Return the streams that are read up to a moment."""
    with stage.database.read() as connection:
        return {
            (found.shop_key, found.stream)
            for found in all_streams(connection)
            if found.progress.watermark and found.progress.watermark >= moment
        }


def pages_read(stage):
    """Count the pages that were read and written."""
    with stage.database.read() as connection:
        return len(connection.execute(select(page_reads.c.id)).all())


def ask_to_end(stage, wait_for):
    """Send SIGTERM, and return the seconds until the process is gone, and what it leaves."""
    pid = stage.crew.pid("worker-a")
    began = time.monotonic()
    stage.crew.send("worker-a", signal.SIGTERM)
    assert wait_for(lambda: not stage.crew.alive() or stage.crew.pid("worker-a") != pid)
    return time.monotonic() - began, held_by_workers(stage)


def test_it_finishes_its_pages_and_gives_its_leases_back(stage, wait_for):
    """Pages of three seconds are read and written to their end."""
    stage.sandbox.control(latency_ms=3000)
    assert wait_for(lambda: len(held_by_workers(stage)) > 2)
    pages = pages_read(stage)

    took, left = ask_to_end(stage, wait_for)

    assert took < 20
    assert left == []
    assert pages_read(stage) > pages
    assert "pages_given_up" not in stage.crew.log("worker-a").read_text()


def test_it_gives_up_pages_that_take_too_long(stage, wait_for):
    """Pages of a minute are left to whoever comes next, who need not wait for a lease."""
    stage.sandbox.control(latency_ms=60_000)
    assert wait_for(lambda: len(streams_held(stage)) > 2)
    given_up = streams_held(stage)

    took, left = ask_to_end(stage, wait_for)
    stage.sandbox.control(latency_ms=0)
    since = moment(stage)

    assert 15 < took < 20
    assert left == []
    assert "pages_given_up" in stage.crew.log("worker-a").read_text()
    assert wait_for(lambda: given_up <= streams_beyond(stage, since - LAG))
    assert recovered(stage, since, patience=ONE_LEASE_LATER).missing == ""


def test_it_ends_in_time_though_redis_does_not_answer(stage, wait_for):
    """Nobody can be told that it is gone; its leases are in the database."""
    stage.valkey.freeze()
    Event().wait(3)

    took, left = ask_to_end(stage, wait_for)
    stage.valkey.thaw()
    since = moment(stage)

    assert took < 20
    assert left == []
    assert recovered(stage, since, patience=ONE_LEASE_LATER).missing == ""
