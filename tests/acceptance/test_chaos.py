"""`make chaos` in its short form: faults in a seeded order, each recovered from in time.

`python -m tests.chaos` has all of them and takes some nine minutes.
"""

import sys

import pytest

from tests.chaos.faults import SHORT
from tests.chaos.run import BOUND, run_faults

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


def say(line):
    """Print how it goes: pytest shows it if something is wrong."""
    sys.stdout.write(f"{line}\n")


# One test, since processes that share the tests must not run the faults once each.
def test_each_fault_is_recovered_from_in_time_and_costs_nothing():
    """Within a minute; a killed worker's pages are taken over in less than 40 seconds."""
    outcome = run_faults(SHORT, seed=1, say=say)
    recoveries = {each.name: each.recovery for each in outcome.suffered}

    assert {
        name: recovery.missing
        for name, recovery in recoveries.items()
        if recovery.everything is None or recovery.everything > BOUND
    } == {}
    killed = recoveries["a worker killed"].streams
    assert killed is not None
    assert killed < 40
    # Rows, changes, tokens, workers, limits.
    assert outcome.wrong == []
    assert outcome.doubled == []
    assert outcome.lost == []
    assert outcome.absent == ""
    assert outcome.obstinate == []
    assert outcome.over == 0
