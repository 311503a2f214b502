"""`sellersync keys`: look after the encryption keys."""

from typing import Annotated

import typer

from config.embedded import key_file
from config.settings import settings
from worker.cli.printing import print_document, say
from worker.cli.session import opened_database
from worker.store.keyring import add_newest_key, open_sealer
from worker.store.resealing import reseal_everything

_EXAMPLE = """Example:

    sellersync keys rotate"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog=_EXAMPLE)(rotate)
    program.add_typer(group, name="keys", callback=keys, epilog=_EXAMPLE)


def keys() -> None:
    """Look after the keys that stored secrets are encrypted with."""


def rotate(
    *,
    json: Annotated[
        bool, typer.Option("--json", help='Print {"re_encrypted": …}.')
    ] = False,
) -> None:
    """Encrypt all stored secrets with the newest key; may be repeated at any time.

    Without SELLERSYNC_ENCRYPTION_KEYS a new key is made first. With it, put the new key in
    front and restart the workers before this; take the old one out after it.
    """
    configured = settings().encryption_keys
    file = key_file(settings())
    given = None if configured is None else configured.get_secret_value()
    with opened_database() as database:
        open_sealer(given, file)
        if given is None:
            add_newest_key(file)
        count = reseal_everything(database, open_sealer(given, file))
    if json:
        print_document({"re_encrypted": count})
    else:
        say(f"Re-encrypted {count} secrets with the newest key.")
