"""A beat that is asked to end does so, whatever it is doing, and is not seen any more."""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from threading import Event

import pytest

from tests.chaos.valkey import Valkey
from worker.health.presence import who_is_present

pytestmark = pytest.mark.acceptance


@pytest.fixture
def valkey():
    """Start a Valkey that can be frozen."""
    folder = Path(tempfile.mkdtemp(prefix="ss-", dir="/tmp"))
    valkey = Valkey(folder)
    valkey.start()
    yield valkey
    valkey.thaw()
    valkey.end(signal.SIGKILL)
    shutil.rmtree(folder)


@pytest.fixture
def start_beat(new_installation, valkey):
    """Start a beat of an app."""

    def start(app="worker.app"):
        installation = new_installation(
            SCHEDULE__TICK_EVERY="1s", REDIS_URL=f"redis://127.0.0.1:{valkey.port}/0"
        )
        program = [sys.executable, "-m", "celery", "-q", "-A", app, "beat"]
        return installation.start("beat", program)

    return start


@pytest.fixture
def beat(start_beat, valkey, wait_for):
    """Start a beat, and wait until it is seen."""
    beat = start_beat()
    assert wait_for(lambda: beats_seen(valkey))
    return beat


def beats_seen(valkey):
    """Return the names of the beats that say they are there."""
    return [found.name for found in who_is_present(valkey.client)]


def test_it_ends_though_the_signal_strikes_while_it_sends(start_beat, valkey):
    """Celery alone takes what comes out of that for a message that was not sent."""
    beat = start_beat("tests.acceptance.struck_app")

    assert beat.wait(20) == 0
    assert beats_seen(valkey) == []


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_though_redis_does_not_answer(beat, valkey, asked):
    """What it sends may never arrive; it waits for that as long as it is not asked to end."""
    valkey.freeze()
    # By now it sends what no one takes.
    Event().wait(3)

    assert beat.poll() is None
    beat.send_signal(asked)
    began = time.monotonic()
    assert beat.wait(20) == 0
    assert time.monotonic() - began < 15


def test_it_ends_while_it_has_nothing_to_send(beat, valkey):
    """At once, however often it is asked."""
    began = time.monotonic()
    for _ in range(5):
        beat.terminate()
        os.sched_yield()

    assert beat.wait(20) == 0
    assert time.monotonic() - began < 8
    assert beats_seen(valkey) == []
