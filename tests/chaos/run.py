"""One fault after the other, then the judgement."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from rich.table import Table

from tests.chaos.faults import FAULTS, LATENCY
from tests.chaos.judging import (
    calls_over,
    doubled_changes,
    events,
    tokens_lost,
    wait_for_truth,
)
from tests.chaos.recovery import Recovery, in_seconds, moment, recovered
from tests.chaos.stage import Stage, staged
from tests.postgresql import postgresql_database, running_postgresql

# Beyond it a fault counts as not recovered from.
PATIENCE = 90.0  # seconds
# What all but one of a hundred recoveries stay under; here that is all of them.
BOUND = 60.0  # seconds
_WORLD = (
    *("--sellers", "1", "--malls", "1", "--orders", "200", "--products", "40"),
    *("--churn", "5", "--token-lifetime", "60s"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suffered:
    """One fault and what came after it."""

    name: str
    lasted: float
    recovery: Recovery


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run has shown."""

    suffered: list[Suffered] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    truth_took: float = 0.0
    doubled: list[str] = field(default_factory=list)
    over: int = 0
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    absent: str = ""
    # Asked to end, they did not.
    obstinate: list[str] = field(default_factory=list)
    events: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether everything that must hold did."""
        late = [
            each.name
            for each in self.suffered
            if each.recovery.everything is None or each.recovery.everything > BOUND
        ]
        troubles = (late, self.wrong, self.doubled, self.over, self.lost)
        return not (any(troubles) or self.absent or self.obstinate)

    def table(self) -> Table:
        """Return the recoveries."""
        table = Table("fault", "lasted", "streams go on after", "all is well after")
        for each in self.suffered:
            table.add_row(
                each.name,
                f"{each.lasted:.1f} s",
                in_seconds(each.recovery.streams),
                in_seconds(each.recovery.everything) + f" {each.recovery.missing}",
            )
        return table

    def verdict(self) -> Table:
        """Return what is true at the end."""
        table = Table("at the end", "")
        took = sorted(each.recovery.everything or PATIENCE for each in self.suffered)
        table.add_row(
            f"{len(took)} recoveries",
            f"median {median(took):.1f} s, p99 {_p99(took):.1f} s, "
            f"the longest {took[-1]:.1f} s",
        )
        table.add_row(
            "rows that differ from the truth",
            f"{len(self.wrong)} (after {self.truth_took:.1f} s)",
        )
        table.add_row(
            "changes told twice, or that do not follow", str(len(self.doubled))
        )
        table.add_row("calls over a limit", f"{self.over} of {self.calls}")
        table.add_row("sellers whose tokens are lost", str(len(self.lost)))
        table.add_row("processes not at work", self.absent or "none")
        table.add_row(
            "processes that did not end when asked", ", ".join(self.obstinate) or "none"
        )
        table.add_row(
            "events",
            ", ".join(f"{name} {n}" for name, n in self.events.items()) or "none",
        )
        for trouble in (self.wrong + self.doubled + self.lost)[:10]:
            table.add_row("", trouble)
        return table


def run_faults(
    names: Sequence[str], *, seed: int, say: Callable[[str], object]
) -> Outcome:
    """Run faults in an order that the seed decides, and judge."""
    chance = random.Random(seed)  # noqa: S311 -- repeatable, no secret
    order = list(names)
    chance.shuffle(order)
    with (
        running_postgresql() as server,
        postgresql_database(server) as url,
        staged(
            url.render_as_string(hide_password=False), sandbox_options=_WORLD
        ) as stage,
    ):
        outcome = Outcome()
        stage.sandbox.control(latency_ms=LATENCY)
        began = recovered(stage, moment(stage), patience=PATIENCE)
        say(f"seed {seed}; everything runs after {in_seconds(began.everything)}")
        for name in order:
            suffered = _suffer(stage, name, chance)
            outcome.suffered.append(suffered)
            told = suffered.recovery
            say(
                f"{name}: lasted {suffered.lasted:.1f} s; streams go on after "
                f"{in_seconds(told.streams)}, all is well after "
                f"{in_seconds(told.everything)} {told.missing}"
            )
        outcome.wrong, outcome.truth_took = wait_for_truth(stage)
        outcome.absent = recovered(stage, moment(stage), patience=30).missing
        outcome.doubled = doubled_changes(stage)
        outcome.over, outcome.calls = calls_over(stage)
        outcome.lost = tokens_lost(stage)
        outcome.events = events(stage)
        outcome.obstinate = stage.crew.stop()
    return outcome


def _suffer(stage: Stage, name: str, chance: random.Random) -> Suffered:
    began = time.monotonic()
    FAULTS[name](stage, chance)
    lasted = time.monotonic() - began
    since = moment(stage)
    return Suffered(
        name=name,
        lasted=lasted,
        recovery=recovered(stage, since, patience=PATIENCE),
    )


def _p99(took: Sequence[float]) -> float:
    # As if each fault were as frequent as any other; of few, it is near the longest.
    return quantiles([*took, *took], n=100, method="inclusive")[98]
