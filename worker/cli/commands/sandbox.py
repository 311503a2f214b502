"""`sellersync sandbox`: marketplace look-alikes on this machine."""

import threading
from datetime import timedelta
from functools import partial
from typing import Annotated

import orjson
import requests
import typer

from config.durations import parse_duration
from worker.cli.invitation import invitation
from worker.sandbox.environment import settings_environment
from worker.sandbox.options import SandboxOptions
from worker.sandbox.scenarios import SCENARIOS
from worker.sandbox.server import serve

_PORT = 8765
_DEFAULT = SandboxOptions()
_PATIENCE = 30  # seconds
_EXAMPLE = """Example:

    sellersync sandbox --port 8765 --scenario 429-burst"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("sandbox", epilog=_EXAMPLE)(sandbox)


def _scenario(name: str | None) -> str | None:
    if name is not None and name not in SCENARIOS:
        raise typer.BadParameter(f"{name!r} is not one of: {', '.join(SCENARIOS)}")
    return name


def _duration(text: str) -> timedelta:
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not isinstance(length, timedelta):
        raise typer.BadParameter(f"{text!r} is not a duration; write it like 30s or 7d")
    return length


def sandbox(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where it listens; 0: any free port.")
    ] = _PORT,
    host: Annotated[str, typer.Option(help="The address it listens on.")] = "127.0.0.1",
    scenario: Annotated[
        str | None,
        typer.Option(callback=_scenario, help=f"Misbehaviour: {', '.join(SCENARIOS)}."),
    ] = None,
    sellers: Annotated[
        int, typer.Option(min=0, help="TikTok Shop sellers, with two shops each.")
    ] = _DEFAULT.tiktok_sellers,
    malls: Annotated[
        int, typer.Option(min=0, help="Temu malls in each of the three zones.")
    ] = _DEFAULT.temu_malls_per_zone,
    orders: Annotated[
        int, typer.Option(min=0, help="Orders of each shop at the start.")
    ] = _DEFAULT.orders_per_shop,
    products: Annotated[
        int, typer.Option(min=1, help="Products of each shop at the start.")
    ] = _DEFAULT.products_per_shop,
    churn: Annotated[
        float, typer.Option(min=0, help="Changes per second in all shops together.")
    ] = _DEFAULT.churn,
    seed: Annotated[
        int, typer.Option(help="The same seed makes the same world.")
    ] = _DEFAULT.seed,
    token_lifetime: Annotated[
        timedelta,
        typer.Option(
            parser=_duration,
            metavar="DURATION",
            show_default="7d",
            help="How long TikTok Shop's access tokens live, like 30s or 7d.",
        ),
    ] = _DEFAULT.access_token_lifetime,
    webhooks: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where `sellersync web` is: changes are posted there."
        ),
    ] = None,
    callback: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Where `sellersync web` is: sellers who agree are sent back there.",
        ),
    ] = _DEFAULT.callback_base,
    json: Annotated[
        bool, typer.Option("--json", help="Print the address and settings as JSON.")
    ] = False,
    print_settings: Annotated[
        bool,
        typer.Option("--settings", help="Only print the settings, as lines of `.env`."),
    ] = False,
) -> None:
    """Serve look-alikes of all marketplaces until Ctrl-C, filled with made-up sellers.

    It prints the settings that point sellersync at it, and how to connect its sellers.
    """
    options = SandboxOptions(
        seed=seed,
        tiktok_sellers=sellers,
        temu_malls_per_zone=malls,
        orders_per_shop=orders,
        products_per_shop=products,
        access_token_lifetime=token_lifetime,
        churn=churn,
        scenario=scenario,
        webhooks=webhooks.rstrip("/") if webhooks else None,
        callback_base=callback.rstrip("/"),
    )
    if print_settings:
        if port == 0:
            raise typer.BadParameter("--settings needs a --port")
        # The same seed has the same keys, whenever it is served.
        for name, value in settings_environment(
            f"http://{host}:{port}", options
        ).items():
            typer.echo(f"{name}={value}")
        return
    show = partial(_show_json if json else _show, options)
    # The address is told from inside the server, which must go on to answer.
    serve(
        host,
        port,
        options,
        on_ready=lambda url: threading.Thread(target=show, args=(url,)).start(),
    )


def _show(options: SandboxOptions, base_url: str) -> None:
    reply = requests.get(f"{base_url}/sellers", timeout=_PATIENCE)
    typer.echo(
        invitation(base_url, settings_environment(base_url, options), reply.json())
    )


def _show_json(options: SandboxOptions, base_url: str) -> None:
    shown = {"url": base_url, "environment": settings_environment(base_url, options)}
    typer.echo(orjson.dumps(shown))
