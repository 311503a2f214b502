"""Three days in half an hour: does anything grow that should not?

    make soak            SOAK_SECONDS=300 make soak

Pulls come 150 times as often as by default, and tokens are refreshed every 45 s, so that the
last 15 minutes have the pulls of a day and a half and the refreshes of years. In them memory,
threads, files, connections and Redis's keys are looked at; the time before is for warming up.
"""

import os
import sys
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, linear_regression, stdev
from threading import Event

import psutil
from rich.console import Console
from rich.table import Table

from tests.chaos.crew import beat, worker
from tests.chaos.faults import LATENCY
from tests.chaos.judging import calls_over, doubled_changes, wait_for_truth
from tests.chaos.recovery import Patience, moment, recovered
from tests.chaos.stage import Stage, staged
from tests.postgresql import postgresql_database, running_postgresql

_LOOK_EVERY = 5.0  # seconds
_MB = 1e6
# Allocators take and give in steps.
_STEP = 1.0  # MB
# A worker keeps what its threads have needed at most at the same moment. By itself that moment
# comes anywhere in the hour: whenever the machine is slow. So it is made to come, and often.
_HOLD_EVERY = 20.0  # seconds
_HOLD_FOR = 4.0  # seconds; less than a pull's deadline
# Pages are full from the beginning: a worker that reads larger ones, as shops grow, needs
# more memory for them. Temu's products are read in full by each pull.
_WORLD = (
    *("--sellers", "1", "--malls", "1", "--orders", "200", "--products", "120"),
    *("--churn", "2", "--token-lifetime", "60s"),
)
# One worker does it all: three would take three times as long to warm up.
_PARTS = (worker("worker"), beat("beat-a"), beat("beat-b"))


@dataclass(frozen=True, slots=True)
class Course:
    """How one figure went."""

    values: list[float]
    hours_apart: float

    @property
    def per_hour(self) -> float:
        """The slope of the line through its values."""
        moments = [place * self.hours_apart for place in range(len(self.values))]
        return linear_regression(moments, self.values).slope

    @property
    def growth(self) -> float:
        """What that slope comes to in the time that was looked at."""
        return self.per_hour * self.hours_apart * (len(self.values) - 1)

    @property
    def noise(self) -> float:
        """How much neighbouring looks differ."""
        return stdev(later - earlier for earlier, later in pairwise(self.values))

    def is_flat(self, least: float) -> bool:
        """Whether it grew by no more than the noise, or a little."""
        return self.growth <= max(3 * self.noise, least)


def look(stage: Stage) -> dict[str, float]:
    """Return all figures as they are now."""
    figures: dict[str, float] = {}
    for name in stage.crew.names():
        process = psutil.Process(stage.crew.pid(name))
        with process.oneshot():
            figures[f"{name}: memory, MB"] = process.memory_info().rss / _MB
            figures[f"{name}: threads"] = process.num_threads()
            figures[f"{name}: files and sockets"] = process.num_fds()
    figures["Redis: keys"] = int(stage.valkey.client.dbsize())
    figures["Redis: connections"] = len(stage.valkey.client.client_list())
    figures["Redis: memory, MB"] = (
        stage.valkey.client.info("memory")["used_memory"] / _MB
    )
    with stage.database.read() as connection:
        counted = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        )
        figures["PostgreSQL: connections"] = counted.scalar_one()
    return figures


def warm_up(stage: Stage, *, seconds: float) -> dict[str, float]:
    """Let every thread that has read a page hold it until all have one, again and again.

    Returns the most that each figure came to.
    """
    most = look(stage)
    clock = Patience()
    while clock.look() < seconds:
        with stage.database.write() as connection:
            # Each page is written with a line of this log.
            connection.exec_driver_sql("LOCK TABLE page_reads IN SHARE MODE")
            _wait(_HOLD_FOR, clock)
        for name, figure in look(stage).items():
            most[name] = max(most[name], figure)
        _wait(_HOLD_EVERY - _HOLD_FOR, clock)
    return most


def _wait(seconds: float, clock: Patience) -> None:
    until = clock.look() + seconds
    while clock.look() < until:
        Event().wait(min(1.0, seconds))


def soak(stage: Stage, *, seconds: float) -> dict[str, Course]:
    """Look again and again for so long; return how each figure went."""
    looks: list[dict[str, float]] = []
    clock = Patience()
    while clock.look() < seconds:
        looks.append(look(stage))
        _wait(_LOOK_EVERY, clock)
    apart = clock.passed / len(looks) / 3600
    return {
        name: Course([each[name] for each in looks], hours_apart=apart)
        for name in looks[0]
    }


def table(most: dict[str, float], courses: dict[str, Course]) -> tuple[Table, bool]:
    """Return the table, and whether everything is flat."""
    shown = Table("", "warming up: most", "at half time", "at the end")
    for heading in ("per hour", "noise", ""):
        shown.add_column(heading)
    well = True
    for name, course in courses.items():
        # A quarter of the looks at each end: threads and connections come and go.
        part = max(len(course.values) // 4, 1)
        flat = course.is_flat(_STEP if "MB" in name else 2.0)
        well = well and flat
        shown.add_row(
            name,
            f"{most[name]:.1f}",
            f"{fmean(course.values[:part]):.1f}",
            f"{fmean(course.values[-part:]):.1f}",
            f"{course.per_hour:+.2f}",
            f"{course.noise:.2f}",
            "flat" if flat else "GROWS",
        )
    return shown, well


def main() -> None:
    """Print the table; exit 1 if anything grows, or is not true at the end."""
    seconds = float(os.environ.get("SOAK_SECONDS", "1800"))
    console = Console(width=None if sys.stdout.isatty() else 120)
    with (
        running_postgresql() as server,
        postgresql_database(server) as url,
        staged(
            url.render_as_string(hide_password=False),
            sandbox_options=_WORLD,
            parts=_PARTS,
        ) as stage,
    ):
        stage.sandbox.control(latency_ms=LATENCY)
        began = recovered(stage, moment(stage), patience=60)
        assert not began.missing, began.missing
        most = warm_up(stage, seconds=seconds / 2)
        courses = soak(stage, seconds=seconds / 2)
        wrong, _ = wait_for_truth(stage)
        doubled = doubled_changes(stage)
        over, calls = calls_over(stage)
        killed = stage.crew.stop()
    shown, well = table(most, courses)
    console.print(shown)
    console.print(
        f"{seconds:.0f} s, {calls} calls, {over} over a limit, "
        f"{len(wrong)} rows wrong, {len(doubled)} changes doubled, "
        f"{len(killed)} processes did not end when asked"
    )
    sys.exit(0 if well and not (wrong or doubled or over or killed) else 1)


if __name__ == "__main__":
    main()
