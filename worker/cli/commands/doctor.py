"""`sellersync doctor`: what is wrong with this set-up, and what helps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from config.logging import configure_logging, redact_text
from config.settings import settings
from worker.cli.checkup.course import examine
from worker.cli.checkup.finding import Finding, Verdict
from worker.cli.completion import shop_keys
from worker.cli.printing import flush, print_document, say
from worker.domain.errors import OperatorError

_EXAMPLE = """Example:

    sellersync doctor --shop temu:eu:635517742000000"""

_STYLES = {
    Verdict.OK: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.SKIPPED: "dim",
}
_WIDTH = max(map(len, Verdict))


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(doctor)


def doctor(
    *,
    shop: Annotated[
        str | None,
        typer.Option(
            metavar="SHOP_KEY",
            autocompletion=shop_keys,
            help="Try this shop's token; else those of a few shops of each app.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON list of findings.")
    ] = False,
) -> None:
    """Look for what is wrong: settings, database, Redis, apps, tokens, clocks, workers.

    It changes nothing, takes less than 20 seconds, and ends with 1 if anything fails.
    What it cannot look at because something else fails is skipped.
    """
    configure_logging(settings().log)
    found: list[Finding] = []
    for finding in examine(settings(), shop):
        found.append(_without_secrets(finding))
        if not json:
            _tell(found[-1])
    if json:
        print_document([asdict(finding) for finding in found])
    _conclude(found)


def _tell(finding: Finding) -> None:
    line = _line(finding)
    console = Console(highlight=False, soft_wrap=True)
    if console.is_terminal:
        verdict = Text(f"{finding.verdict:{_WIDTH}}", _STYLES[finding.verdict])
        console.print(Text.assemble(verdict, "  ", line))
    else:
        say(f"{finding.verdict:{_WIDTH}}  {line}")
    flush()


def _line(finding: Finding) -> str:
    about = f" {finding.about}" if finding.about else ""
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return f"{finding.name}{about}: {finding.text}{remedy}"


def _conclude(found: Sequence[Finding]) -> None:
    """End with the number of failures, if there are any.

    Raises:
        OperatorError: there are.
    """
    count = Counter(finding.verdict for finding in found)
    if count[Verdict.FAIL]:
        raise OperatorError(
            f"{count[Verdict.FAIL]} of {len(found)} checks failed, "
            f"{count[Verdict.SKIPPED]} could not be made"
        )


def _without_secrets(finding: Finding) -> Finding:
    """Return a finding of single lines, in which nothing looks like a secret."""
    return Finding(
        name=finding.name,
        verdict=finding.verdict,
        text=_one_line(finding.text),
        remedy=_one_line(finding.remedy),
        about=finding.about,
    )


def _one_line(text: str) -> str:
    return redact_text(" ".join(text.split()))
