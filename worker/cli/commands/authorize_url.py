"""`sellersync authorize-url`: the link to send to a seller."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from config.embedded import key_file
from config.settings import settings
from worker.cli.printing import print_document, say
from worker.cli.zones import chosen_zone
from worker.domain.errors import OperatorError
from worker.marketplaces import marketplace
from worker.marketplaces.configured import ConfiguredApps
from worker.store.keyring import open_sealer
from worker.store.sealing import Sealer
from worker.tokens.links import make_state

_EXAMPLE = """Example:

    sellersync authorize-url temu --country DE"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("authorize-url", epilog=_EXAMPLE)(authorize_url)


def authorize_url(
    marketplace_name: Annotated[
        str, typer.Argument(metavar="MARKETPLACE", help="tiktok-shop or temu.")
    ],
    *,
    zone: Annotated[str | None, typer.Option(help="Temu: us, eu or global.")] = None,
    country: Annotated[
        str | None,
        typer.Option(help="Temu: two letters (ISO 3166), instead of the zone."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="What the marketplace hands back, for a callback page of your own. "
            "Left out, it is one that the web face accepts, once."
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help='Print {"url": …, "state": …}.')
    ] = False,
) -> None:
    """Print the link that a seller opens to give consent."""
    try:
        chosen = marketplace(marketplace_name)
    except OperatorError as error:
        raise typer.BadParameter(str(error), param_hint="MARKETPLACE") from None
    where = chosen_zone(chosen, zone=zone, country=country)
    _, app = ConfiguredApps.from_settings().choose(chosen.name, where)
    state = state or make_state(_sealer(), app, now=datetime.now(UTC))
    url = chosen.authorize_url(app, state=state)
    if json:
        print_document({"url": url, "state": state})
    else:
        say(url)


def _sealer() -> Sealer:
    configured = settings()
    keys = configured.encryption_keys
    return open_sealer(keys.get_secret_value() if keys else None, key_file(configured))
