"""What the beat sends exists, and somebody takes it from the queue it goes to."""

import pytest

from config.queues import Queue
from config.schedule import beat_entries
from config.settings import CLOCKS_APART, ScheduleSettings
from worker.app import app

ENTRIES = beat_entries(ScheduleSettings())


@pytest.mark.parametrize("name", ENTRIES)
def test_each_entry_is_a_task_of_ours_in_a_queue_of_ours(name):
    """A typo here would be a beat that ticks for nobody."""
    app.loader.import_default_modules()
    entry = ENTRIES[name]

    assert entry["task"] in app.tasks
    assert entry["options"]["queue"] in set(Queue)
    assert (
        app.amqp.router.route({}, entry["task"])["queue"].name
        == (entry["options"]["queue"])
    )
    # A worker whose clock is ahead must not throw away what was just sent.
    assert entry["options"]["expires"] > CLOCKS_APART.total_seconds()


def test_each_queue_has_a_canary():
    """A new one too."""
    assert {
        entry["options"]["queue"]
        for entry in ENTRIES.values()
        if entry["task"].startswith("tasks.canary.")
    } == set(Queue)
