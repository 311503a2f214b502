"""A full disk, as SQLite's processes meet it: a small file system of its own, or a file limit.

    python -m tests.chaos.full_disk

Only root may mount one; anybody may forbid processes to let files grow (RLIMIT_FSIZE), which
SQLite answers in the same way: the commit fails, and nothing of it is there.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from tests.chaos.judging import doubled_changes, events, tokens_lost, wait_for_truth
from tests.chaos.recovery import Recovery, in_seconds, moment, recovered
from tests.chaos.stage import Stage, staged

# Enough for as long as it may take on a busy machine.
_SIZE = 96  # MB
_FULL_FOR = 15.0  # seconds
_WORLD = (
    *("--sellers", "1", "--malls", "1", "--orders", "100", "--products", "20"),
    *("--churn", "5", "--token-lifetime", "60s"),
)


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """Give a folder on a small file system; None where none can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir="/tmp"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}m", "sellersync", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def fill(disk: Path) -> Path:
    """Leave no room on a disk; return the file that takes it."""
    filler = disk / "filler"
    # A write at the end is cut short.
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"\0" * 65536):
            pass
    return filler


def limit_files(stage: Stage, most: int) -> None:
    """Let no file of the processes grow beyond so many bytes."""
    for name in stage.crew.names():
        with suppress(ProcessLookupError):
            resource.prlimit(
                stage.crew.pid(name),
                resource.RLIMIT_FSIZE,
                (most, resource.RLIM_INFINITY),
            )


def suffer(stage: Stage, disk: Path | None, database: Path) -> Recovery:
    """Let the disk be full for a while; return how it went on after it."""
    if disk is not None:
        filler = fill(disk)
        Event().wait(_FULL_FOR)
        filler.unlink()
    else:
        limit_files(stage, database.with_name(f"{database.name}-wal").stat().st_size)
        Event().wait(_FULL_FOR)
        limit_files(stage, resource.RLIM_INFINITY)
    return recovered(stage, moment(stage), patience=90)


@contextmanager
def stage_on(disk: Path | None) -> Iterator[tuple[Stage, Path]]:
    """Start everything with its database on the disk."""
    folder = disk or Path(tempfile.mkdtemp(prefix="disk-", dir="/tmp"))
    database = folder / "sellersync.db"
    with staged(f"sqlite:///{database}", sandbox_options=_WORLD) as stage:
        began = recovered(stage, moment(stage), patience=60)
        assert not began.missing, began.missing
        yield stage, database
    if disk is None:
        shutil.rmtree(folder)


def failed_writes(stage: Stage) -> int:
    """Count the tasks that could not write."""
    return sum(
        stage.crew.log(name).read_text().count(words)
        for name in stage.crew.names("worker")
        for words in ("database or disk is full", "disk I/O error")
    )


def main() -> None:
    """Print how long the recovery took, and what is true at the end."""
    with small_disk() as disk, stage_on(disk) as (stage, database):
        recovery = suffer(stage, disk, database)
        wrong, took = wait_for_truth(stage)
        doubled = doubled_changes(stage)
        lost = tokens_lost(stage)
        failed = failed_writes(stage)
        told = dict(events(stage))
    suffered = (
        f"disk full for {_FULL_FOR:.0f} s ({'a small one' if disk else 'a limit'}): "
        f"{failed} writes failed; all is well after {in_seconds(recovery.everything)}\n"
    )
    judged = (
        f"rows that differ: {len(wrong)} (after {took:.1f} s); changes doubled: "
        f"{len(doubled)}; tokens lost: {len(lost)}; events: {told}\n"
    )
    sys.stdout.write(suffered + judged)
    is_well = (
        recovery.everything is not None and failed and not (wrong or doubled or lost)
    )
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
