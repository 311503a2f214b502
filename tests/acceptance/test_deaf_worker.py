"""Who lives and hears nothing is replaced; whose Redis is away is not."""

import signal
import time
from threading import Event

import pytest

from tests.chaos.crew import beat, worker
from tests.chaos.recovery import moment, recovered
from tests.chaos.stage import staged

pytestmark = pytest.mark.acceptance

DEAF_AFTER = 10  # seconds
# Celery tries to connect after 2, 6, 12, 20, 30 and 42 s; between two tries nothing is heard.
LONGER_THAN_BETWEEN_TRIES = 14  # seconds
AWAY = 2.05 * LONGER_THAN_BETWEEN_TRIES
# As in `deaf_app`, which is for workers: a test that imported it would go deaf too.
GO_DEAF = signal.SIGRTMIN
SMALL = ("--sellers", "0", "--malls", "1", "--orders", "20", "--products", "5")


@pytest.fixture
def new_stage(tmp_path):
    """Start a stage with one worker and one beat, on SQLite."""

    def start(app, *, deaf_after=DEAF_AFTER):
        return staged(
            f"sqlite:///{tmp_path / 'deaf.db'}",
            sandbox_options=SMALL,
            parts=[worker("worker-a", app=app), beat("beat-a", app=app)],
            SCHEDULE__DEAF_AFTER=f"{deaf_after}s",
        )

    return start


def test_who_is_deaf_is_gone_and_replaced_within_30_seconds(new_stage, wait_for):
    """Worker and beat; SIGTERM would end neither, their watchdogs do."""
    with new_stage("tests.acceptance.deaf_app") as stage:
        assert recovered(stage, moment(stage), patience=40).missing == ""
        deaf = {name: stage.crew.pid(name) for name in stage.crew.names()}

        for name in deaf:
            stage.crew.send(name, GO_DEAF)
        began = time.monotonic()
        replaced = wait_for(
            lambda: (
                not any(stage.crew.pid(name) == number for name, number in deaf.items())
            ),
            seconds=60,
        )
        took = time.monotonic() - began
        after = recovered(stage, moment(stage), patience=40)
        said = [stage.crew.log(name).read_text() for name in deaf]

    assert replaced
    assert ["process_is_deaf" in log for log in said] == [True, True]
    assert took < 30
    assert after.missing == ""


def test_nobody_is_deaf_because_redis_is_away(new_stage):
    """For more than twice the patience; then the same processes go on.

    Pages are in flight when it goes, whose messages can be given back to nobody
    (`worker.health.transport`).
    """
    with new_stage("worker.app", deaf_after=LONGER_THAN_BETWEEN_TRIES) as stage:
        assert recovered(stage, moment(stage), patience=40).missing == ""
        before = {name: stage.crew.pid(name) for name in stage.crew.names()}

        stage.sandbox.control(latency_ms=3000)
        Event().wait(4)
        stage.valkey.end(signal.SIGTERM)
        stage.sandbox.control(latency_ms=0)
        Event().wait(AWAY)
        stage.valkey.start()
        after = recovered(stage, moment(stage), patience=60)

        assert {name: stage.crew.pid(name) for name in stage.crew.names()} == before
        assert after.missing == ""
