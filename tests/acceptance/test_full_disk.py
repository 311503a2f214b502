"""A full disk below SQLite: the last of `make chaos`'s faults, on a stage of its own."""

import pytest

from tests.chaos.full_disk import failed_writes, small_disk, stage_on, suffer
from tests.chaos.judging import doubled_changes, tokens_lost, wait_for_truth

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


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
