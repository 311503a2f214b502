"""A worker that lives and hears nothing is replaced; one whose Redis is away is not."""

import signal
import time
from threading import Event

import pytest

from tests.chaos.crew import beat, worker
from tests.chaos.recovery import moment, recovered
from tests.chaos.stage import staged

pytestmark = pytest.mark.acceptance

DEAF_AFTER = 10  # seconds
SMALL = ("--sellers", "0", "--malls", "1", "--orders", "20", "--products", "5")


@pytest.fixture
def new_stage(tmp_path):
    """Start a stage with one worker and one beat, on SQLite."""

    def start(app):
        return staged(
            f"sqlite:///{tmp_path / 'deaf.db'}",
            sandbox_options=SMALL,
            parts=[worker("worker-a", app=app), beat("beat-a")],
            SCHEDULE__DEAF_AFTER=f"{DEAF_AFTER}s",
        )

    return start


def test_a_deaf_worker_is_gone_and_replaced_within_30_seconds(new_stage, wait_for):
    """SIGTERM would not end it either; its watchdog does."""
    with new_stage("tests.acceptance.deaf_app") as stage:
        assert recovered(stage, moment(stage), patience=40).missing == ""
        deaf = stage.crew.pid("worker-a")

        stage.crew.send("worker-a", signal.SIGRTMIN)
        began = time.monotonic()
        replaced = wait_for(lambda: stage.crew.pid("worker-a") != deaf, seconds=60)
        took = time.monotonic() - began
        after = recovered(stage, moment(stage), patience=40)
        said = stage.crew.log("worker-a").read_text()

    assert replaced
    assert "process_is_deaf" in said
    assert took < 30
    assert after.missing == ""


def test_nobody_is_deaf_because_redis_is_away(new_stage):
    """For more than twice the patience; then the same processes go on."""
    with new_stage("worker.app") as stage:
        assert recovered(stage, moment(stage), patience=40).missing == ""
        before = {name: stage.crew.pid(name) for name in stage.crew.names()}

        stage.valkey.end(signal.SIGTERM)
        Event().wait(2.2 * DEAF_AFTER)
        stage.valkey.start()
        after = recovered(stage, moment(stage), patience=60)

        assert {name: stage.crew.pid(name) for name in stage.crew.names()} == before
        assert after.missing == ""
