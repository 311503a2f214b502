"""`sellersync db`: look after the database."""

from typing import Annotated

import typer

from config.embedded import database_url, uses_embedded_database
from config.settings import settings
from worker.cli.printing import print_document, say
from worker.cli.session import prepare
from worker.runtime import make_home
from worker.store.database import Database
from worker.store.upgrade import upgrade as upgraded

_EXAMPLE = """Example:

    sellersync db upgrade"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog=_EXAMPLE)(upgrade)
    program.add_typer(group, name="db", callback=db, epilog=_EXAMPLE)


def db() -> None:
    """Look after the database: migrations."""


def upgrade(
    *,
    json: Annotated[
        bool, typer.Option("--json", help='Print {"revision": …}.')
    ] = False,
) -> None:
    """Run the missing migrations; does nothing when there are none.

    The embedded database is upgraded by every command on its own.
    """
    configured = settings()
    prepare()
    if uses_embedded_database(configured):
        make_home(configured)
    database = Database(database_url(configured))
    try:
        revision = upgraded(database)
    finally:
        database.close()
    if json:
        print_document({"revision": revision})
    else:
        say(f"The database is at revision {revision}, the newest.")
