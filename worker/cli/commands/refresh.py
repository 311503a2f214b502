"""`sellersync refresh`: renew tokens, by a worker or in this process."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from config.settings import settings
from worker.cli.choosing import Chosen, shops_to_refresh
from worker.cli.completion import shop_keys
from worker.cli.enqueueing import enqueue
from worker.cli.printing import note, print_document, print_table, say
from worker.cli.refreshing import Refreshed, refresh_here
from worker.cli.session import calling_runtime, opened_database
from worker.domain.errors import OperatorError
from worker.store.database import Database

_EXAMPLE = """Example:

    sellersync refresh --shop temu:eu:634418213291 --force --here"""

_COLUMNS = ("shop_key", "state", "access_expires_at", "outcome")


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(refresh)


def refresh(
    *,
    shop: Annotated[
        str | None,
        typer.Option(
            metavar="SHOP_KEY",
            autocompletion=shop_keys,
            help="Only what covers this shop; else all.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also what is not due yet.")
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="Do it in this process, without a worker.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document.")
    ] = False,
) -> None:
    """Refresh the tokens that are due: enqueue it, or do it here.

    An authorization that covers several shops is refreshed once.
    """
    if here:
        with calling_runtime() as runtime:
            chosen = _choose(runtime.database, shop)
            _tell(refresh_here(runtime, chosen.shops, force=force), json=json)
        return
    with opened_database() as database:
        chosen = _choose(database, shop)
    numbers = enqueue(
        settings(),
        "tasks.tokens.refresh",
        [{"shop_key": key, "force": force} for key in chosen.keys],
    )
    if json:
        sent = dict(zip(chosen.keys, numbers, strict=True))
        print_document({"enqueued": list(chosen.keys), "task_ids": sent})
    else:
        say(f"Enqueued: the refresh of {len(chosen.keys)} authorizations.")


def _choose(database: Database, shop_key: str | None) -> Chosen:
    with database.read() as connection:
        chosen = shops_to_refresh(connection, shop_key)
    for reason in chosen.left_out:
        note(f"left out: {reason}")
    return chosen


def _tell(refreshed: Sequence[Refreshed], *, json: bool) -> None:
    if json:
        print_document({"authorizations": [asdict(each) for each in refreshed]})
    else:
        rows = [
            (each.shop_key, each.state, each.access_expires_at, _outcome(each))
            for each in refreshed
        ]
        print_table(_COLUMNS, rows)
    failed = [each for each in refreshed if each.reason is not None]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise OperatorError(
            f"the token of {failed[0].shop_key}: {failed[0].reason}{more}"
        )


def _outcome(refreshed: Refreshed) -> str:
    if refreshed.reason is not None:
        return refreshed.reason
    return "refreshed" if refreshed.is_new else "not due yet"
