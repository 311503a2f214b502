"""`sellersync authorizations`: each seller's grant, and how long it still lasts."""

from typing import Annotated

import typer

from worker.cli.printing import print_document, print_table, say
from worker.cli.session import opened_database
from worker.cli.times import duration
from worker.store.authorizations import Authorization, all_authorizations
from worker.store.database import database_now
from worker.store.shops import shop_keys

_EXAMPLE = """Example:

    sellersync authorizations --expiring 30d --json"""

_COLUMNS = ("subject", "name", "state", "token_until", "seller_until", "shops")


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(authorizations)


def authorizations(
    *,
    expiring: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Only those that need the seller within this time, like 30d.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document.")
    ] = False,
) -> None:
    """List the authorizations, the one that needs its seller first at the front."""
    within = None if expiring is None else duration(expiring)
    with opened_database() as database, database.read() as connection:
        now = database_now(connection)
        chosen = [
            (found, shop_keys(connection, found.id))
            for found in all_authorizations(connection)
            if within is None or found.is_dead or found.ends_at <= now + within
        ]
    if json:
        print_document([_document(found, shops) for found, shops in chosen])
    elif not chosen:
        say("No authorization needs its seller within that time.")
    else:
        print_table(_COLUMNS, [_row(found, shops) for found, shops in chosen])


def _document(found: Authorization, shops: list[str]) -> dict[str, object]:
    return {
        "app_id": found.app_id,
        "subject": found.subject,
        "name": found.name,
        "region": found.region,
        "state": found.state.value,
        "access_expires_at": found.access_expires_at,
        # By then the seller must have authorised again.
        "ends_at": found.ends_at,
        "refreshed_at": found.refreshed_at,
        "refresh_at": found.refresh_at,
        "failures": found.failures,
        "last_error": found.last_error,
        "scopes": found.scopes,
        "shops": shops,
    }


def _row(found: Authorization, shops: list[str]) -> list[object]:
    return [
        found.subject,
        found.name,
        found.state.value,
        f"{found.access_expires_at:%Y-%m-%d %H:%M}",
        f"{found.ends_at:%Y-%m-%d}",
        " ".join(shops),
    ]
