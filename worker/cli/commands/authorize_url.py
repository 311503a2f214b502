"""`sellersync authorize-url`: the link to send to a seller."""

from secrets import token_urlsafe
from typing import Annotated

import typer

from worker.cli.printing import print_document, say
from worker.cli.zones import chosen_zone
from worker.domain.errors import OperatorError
from worker.marketplaces import marketplace
from worker.marketplaces.configured import ConfiguredApps

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
        typer.Option(help="What the marketplace hands back; random if not given."),
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
    state = state or token_urlsafe()
    url = chosen.authorize_url(app, state=state)
    if json:
        print_document({"url": url, "state": state})
    else:
        say(url)
