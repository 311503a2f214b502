"""`sellersync shops`: list them, pause, resume or remove one."""

import sys
from typing import Annotated

import typer
from sqlalchemy import Connection

from worker.cli.choosing import known_shop
from worker.cli.completion import shop_keys
from worker.cli.printing import print_document, print_table, say
from worker.cli.session import opened_database
from worker.store.authorizations import all_authorizations, authorization_of_shop
from worker.store.database import Database, database_now
from worker.store.erasure import empty_log, erase_shop, was_connected
from worker.store.events import record_event
from worker.store.removal import remove_shop
from worker.store.resting import pause_shop, resume_shop
from worker.store.shops import all_shops

_LIST = """Example:

    sellersync shops --json"""
_PAUSE = """Example:

    sellersync shops pause temu:eu:634418213291"""
_RESUME = """Example:

    sellersync shops resume temu:eu:634418213291"""
_REMOVE = """Example:

    sellersync shops remove temu:eu:634418213291 --erase"""

_COLUMNS = ("shop_key", "name", "region", "authorization_state", "paused")

_Key = Annotated[
    str,
    typer.Argument(
        metavar="SHOP_KEY",
        autocompletion=shop_keys,
        help="As `sellersync shops` shows it.",
    ),
]


def register(program: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    group.command(epilog=_PAUSE)(pause)
    group.command(epilog=_RESUME)(resume)
    group.command(epilog=_REMOVE)(remove)
    program.add_typer(group, name="shops", callback=shops, epilog=_LIST)


def shops(
    context: typer.Context,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """List the connected shops, or manage one."""
    if context.invoked_subcommand is not None:
        return
    with opened_database() as database:
        rows = shop_rows(database)
    if json:
        print_document(rows)
    elif rows:
        print_table(_COLUMNS, [[row[name] for name in _COLUMNS] for row in rows])
    else:
        say("No shop is connected; `sellersync connect --help` shows how.")


def pause(shop_key: _Key) -> None:
    """Stop pulling a shop until it is resumed; its token is kept alive."""
    with opened_database() as database, database.write() as connection:
        known_shop(connection, shop_key)
        pause_shop(connection, shop_key, reason="by the operator")
        _note_down(connection, "shop_paused", shop_key)
    say(f"{shop_key} is paused.")


def resume(shop_key: _Key) -> None:
    """Pull a shop again, from where it stopped."""
    with opened_database() as database, database.write() as connection:
        known_shop(connection, shop_key)
        resume_shop(connection, shop_key, now=database_now(connection))
        _note_down(connection, "shop_resumed", shop_key)
        authorization = authorization_of_shop(connection, shop_key)
    say(f"{shop_key} is pulled again.")
    if authorization is not None and authorization.is_dead:
        say("But its seller has to authorise again first: `sellersync authorize-url`.")


def remove(
    shop_key: _Key,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    erase: Annotated[
        bool,
        typer.Option(
            "--erase",
            help="Also blank the events about it and overwrite what is deleted; "
            "works on a shop removed before, too.",
        ),
    ] = False,
) -> None:
    """Forget a shop and all its data; with its last shop, also the authorization.

    While the seller's grant covers it, the next token refresh finds the shop again: pause
    it to keep it away.
    """
    with opened_database() as database:
        with database.read() as connection:
            if not (erase and was_connected(connection, shop_key)):
                known_shop(connection, shop_key)
        if not yes:
            _confirm(shop_key)
        with database.write() as connection:
            if erase:
                erase_shop(connection, shop_key)
                _note_down(connection, "shop_erased", shop_key)
            else:
                remove_shop(connection, shop_key)
                _note_down(connection, "shop_removed", shop_key)
        if erase:
            empty_log(database)
    say(f"{shop_key} and its data are {'erased' if erase else 'removed'}.")


def _confirm(shop_key: str) -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here; add --yes")
    typer.confirm(
        f"Remove {shop_key} with its orders, products and changes?", abort=True
    )


def _note_down(connection: Connection, event: str, shop_key: str) -> None:
    now = database_now(connection)
    record_event(
        connection, event, now=now, shop_key=shop_key, detail={"by": "the operator"}
    )


def shop_rows(database: Database) -> list[dict[str, object]]:
    """Return what is told of each shop, by key."""
    with database.read() as connection:
        authorizations = {found.id: found for found in all_authorizations(connection)}
        return [
            {
                "shop_key": stored.shop.shop_key,
                "marketplace": stored.shop.marketplace,
                "name": stored.shop.name,
                "region": stored.shop.region,
                "authorization_state": authorizations[stored.authorization_id].state,
                "paused": stored.paused,
            }
            for stored in all_shops(connection)
        ]
