"""The end of a demonstration: all findings and what differs, for a person or a program."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from worker.cli.demonstration.comparison import Difference
from worker.cli.demonstration.findings import Finding

_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came out."""

    findings: Sequence[Finding]
    differences: Sequence[Difference]
    seconds: float
    # Where everything is still to be seen, if somebody wished that.
    home: Path | None

    @property
    def kept(self) -> bool:
        """Whether all promises were kept."""
        return all(finding.kept for finding in self.findings)


def as_document(verdict: Verdict) -> dict[str, object]:
    """Return it as one JSON document."""
    return {
        "kept": verdict.kept,
        "seconds": round(verdict.seconds, 1),
        "findings": [
            {
                "promise": finding.promise,
                "kept": finding.kept,
                "evidence": finding.evidence,
            }
            for finding in verdict.findings
        ],
        "differences": [
            {
                "stream": difference.stream.value,
                "shop_key": difference.shop_key,
                "id": difference.record_id,
                "what": difference.what,
            }
            for difference in verdict.differences
        ],
        "home": str(verdict.home) if verdict.home else None,
    }


def tell(console: Console, verdict: Verdict) -> None:
    """Print it for a person."""
    table = Table(
        title=f"After {verdict.seconds:.0f} s", title_justify="left", show_header=False
    )
    for finding in verdict.findings:
        word = "[green]kept[/green]" if finding.kept else "[red]BROKEN[/red]"
        table.add_row(word, finding.promise, finding.evidence)
    console.print(table)
    for difference in verdict.differences[:_MOST_SHOWN]:
        console.print(f"  {difference}", soft_wrap=True, markup=False, highlight=False)
    if len(verdict.differences) > _MOST_SHOWN:
        more = len(verdict.differences) - _MOST_SHOWN
        console.print(f"  … and {more} more differences")
    if verdict.home:
        console.print(f"Kept: {verdict.home} (its `log` tells what happened)")
