"""`make chaos` in its short form: faults in a seeded order, each recovered from in time.

`python -m tests.chaos` has all of them and takes some nine minutes.
"""

import sys

import pytest

from tests.chaos.faults import SHORT
from tests.chaos.full_disk import failed_writes, small_disk, stage_on, suffer
from tests.chaos.judging import doubled_changes, tokens_lost, wait_for_truth
from tests.chaos.run import BOUND, run_faults

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def outcome():
    """Run the faults once for all tests."""

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    return run_faults(SHORT, seed=1, say=say)


def test_everything_is_well_again_after_each_fault(outcome):
    """Within a minute; a killed worker's pages are taken over in less than 40 seconds."""
    recoveries = {each.name: each.recovery for each in outcome.suffered}

    assert {
        name: recovery.missing
        for name, recovery in recoveries.items()
        if recovery.everything is None or recovery.everything > BOUND
    } == {}
    killed = recoveries["a worker killed"].streams
    assert killed is not None
    assert killed < 40


def test_nothing_is_lost_or_doubled(outcome):
    """Rows, changes, tokens, workers."""
    assert outcome.wrong == []
    assert outcome.doubled == []
    assert outcome.lost == []
    assert outcome.absent == ""


def test_no_app_went_over_its_limit(outcome):
    """A busy machine excepted."""
    # There a thread may lose the processor for longer than the pad between its slot and
    # its call.
    assert outcome.over <= 0.01 * outcome.calls


def test_a_full_disk_costs_nothing_but_time():
    """SQLite's commits fail as a whole; when there is room again, all goes on."""
    with small_disk() as disk, stage_on(disk) as (stage, database):
        recovery = suffer(stage, disk, database)
        wrong, _ = wait_for_truth(stage)
        doubled = doubled_changes(stage)
        lost = tokens_lost(stage)
        failed = failed_writes(stage)

    assert failed > 0
    assert recovery.missing == ""
    assert (wrong, doubled, lost) == ([], [], [])
