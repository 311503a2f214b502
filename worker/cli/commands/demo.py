"""`sellersync demo`: everything at once, on this machine alone."""

from typing import Annotated

import typer
from rich.console import Console

from worker.cli.demonstration.show import Interrupted, demonstrate
from worker.cli.demonstration.verdict import as_document, tell
from worker.cli.printing import print_document

_EXAMPLE = """Example:

    sellersync demo --seconds 20"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("demo", epilog=_EXAMPLE)(demo)


def demo(
    *,
    seconds: Annotated[
        float, typer.Option(min=1, max=3600, help="How long the shops are watched.")
    ] = 25,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the temporary home for a look around.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print the verdict as one JSON document, the rest as notes."
        ),
    ] = False,
    lose_a_row: Annotated[bool, typer.Option("--lose-a-row", hidden=True)] = False,
) -> None:
    """Watch sellers being connected, refreshed and pulled, against the built-in sandbox.

    Needs nothing and leaves nothing: sandbox, broker, workers and beat run as processes of
    their own in a temporary home. At the end the database is compared with the sandbox's
    truth, field by field; the exit status says whether they agree.
    """
    console = Console(stderr=as_json)
    try:
        verdict = demonstrate(
            console, seconds=seconds, keep=keep, lose_a_row=lose_a_row
        )
    except Interrupted:
        typer.echo("Interrupted; everything has been stopped.", err=True)
        raise typer.Exit(130) from None
    if as_json:
        print_document(as_document(verdict))
    else:
        tell(console, verdict)
    raise typer.Exit(0 if verdict.kept else 1)
