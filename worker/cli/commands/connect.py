"""`sellersync connect`: a seller's code or token becomes a stored authorization."""

from typing import Annotated

import typer

from worker.cli.completion import shop_keys
from worker.cli.printing import note, print_document, print_table, say
from worker.cli.secrecy import secret
from worker.cli.session import calling_runtime
from worker.cli.times import length
from worker.cli.zones import chosen_zone
from worker.domain.identity import App
from worker.marketplaces import marketplace
from worker.tokens.connect import connect_by_code, connect_by_token
from worker.tokens.shops import Connected

_TIKTOK_SHOP = """Example:

    sellersync connect tiktok-shop --auth-code ROW_x1x2x3"""
_TEMU = """Example:

    sellersync connect temu --country DE --access-token - < token.txt"""

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_Shop = Annotated[
    str | None,
    typer.Option(
        metavar="SHOP_KEY",
        autocompletion=shop_keys,
        help="Renew this shop's authorization; a token of another seller is refused.",
    ),
]


def register(program: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("tiktok-shop", epilog=_TIKTOK_SHOP)(tiktok_shop)
    group.command("temu", epilog=_TEMU)(temu)
    program.add_typer(group, name="connect", callback=connect, epilog=_TIKTOK_SHOP)


def connect() -> None:
    """Connect a seller: exchange the code, keep the tokens, find the shops."""


def tiktok_shop(
    *,
    auth_code: Annotated[
        str,
        typer.Option(
            help="The code of the link that the seller came back with; - reads it "
            "from standard input, @FILE from a file."
        ),
    ],
    shop: _Shop = None,
    json: _Json = False,
) -> None:
    """Connect a TikTok Shop seller with all shops of the grant."""
    _connect(
        "tiktok_shop",
        zone="default",
        code=auth_code,
        token=None,
        shop_key=shop,
        json=json,
    )


def temu(
    *,
    zone: Annotated[
        str | None, typer.Option(help="us, eu or global: where the seller sells.")
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(help="Two letters (ISO 3166), instead of the zone, like DE."),
    ] = None,
    code: Annotated[
        str | None,
        typer.Option(
            help="The code that the seller came back with; - reads it from standard "
            "input, @FILE from a file."
        ),
    ] = None,
    access_token: Annotated[
        str | None,
        typer.Option(
            help="The token that the seller copied from Temu's page; - reads it from "
            "standard input, @FILE from a file. It is never shown again."
        ),
    ] = None,
    shop: _Shop = None,
    json: _Json = False,
) -> None:
    """Connect a Temu seller's mall, by code or by access token."""
    zone = chosen_zone(marketplace("temu"), zone=zone, country=country)
    if (code is None) == (access_token is None):
        raise typer.BadParameter("give one of --code and --access-token")
    _connect("temu", zone=zone, code=code, token=access_token, shop_key=shop, json=json)


def _connect(
    name: str,
    *,
    zone: str,
    code: str | None,
    token: str | None,
    shop_key: str | None,
    json: bool,
) -> None:
    given = (
        secret(token or "", name="access token")
        if code is None
        else secret(code, name="code")
    )
    with calling_runtime() as here:
        found, app = here.apps.choose(name, zone)
        subject = None if shop_key is None else here.refreshes.seller_of(shop_key)
        by = connect_by_token if code is None else connect_by_code
        connected = by(here.desk, found, app, given, subject=subject)
        full = here.planning.next_does_not_fit(found, app)
    if json:
        print_document(_document(connected, app))
    else:
        _tell(connected, app)
    if full is not None:
        note(
            f"the budget of {app.app_id} is full: with {full.sellers:,} sellers orders "
            f"cannot stay {length(full.freshness)} fresh; see `sellersync plan`"
        )


def _document(connected: Connected, app: App) -> dict[str, object]:
    return {
        "marketplace": app.marketplace,
        "zone": app.zone,
        "seller": connected.name,
        "shops": [
            {
                "shop_key": shop.shop_key,
                "name": shop.name,
                "region": shop.region,
                "is_new": shop.shop_key in connected.added,
            }
            for shop in connected.shops
        ],
    }


def _tell(connected: Connected, app: App) -> None:
    say(f"Connected {connected.name or 'the seller'} to {app.app_id}.")
    if not connected.shops:
        say("There is no shop yet; it is looked for again with each token refresh.")
        return
    print_table(
        ("shop_key", "name", "region"),
        [(shop.shop_key, shop.name, shop.region) for shop in connected.shops],
    )
    say("Next: `sellersync up` pulls orders and products from now on;")
    say("`sellersync pull orders --here` pulls them once, without a worker.")
