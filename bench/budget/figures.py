"""How figures are printed: the one to reach beside the one reached."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.budget.runs import Run


@dataclass(frozen=True, slots=True)
class Goal:
    """What ours should reach."""

    text: str
    reached: bool

    def __str__(self) -> str:
        verdict = "[green]reached[/]" if self.reached else "[red]missed[/]"
        return f"{self.text}: {verdict}"


def middle(runs: Sequence[Run], figure: Callable[[Run], float]) -> float:
    """Return the median of a figure over runs."""
    return median(figure(run) for run in runs)


def violations(runs: Sequence[Run]) -> int:
    """Return the calls beyond the limit in all runs."""
    return sum(run.violations for run in runs)


def waits(
    runs: Sequence[Run], of: Callable[[str], bool] = lambda _: True
) -> list[float]:
    """Return how long the calls of some sellers waited, in order."""
    return sorted(
        each.waited for run in runs for each in run.counted if of(each.caller.seller)
    )


def seconds(waited: Sequence[float]) -> tuple[str, str]:
    """Return the median and the worst wait."""
    if not waited:
        return "-", "-"
    return f"{median(waited):.2f}", f"{max(waited):.2f}"
