"""`sellersync sign`: a signature step by step, to compare with one that was refused."""

import json as json_text
from collections.abc import Iterable
from typing import Annotated

import typer

from worker.cli import diagnosing
from worker.cli.given import given_bytes
from worker.cli.printing import print_document, say
from worker.cli.secrecy import secret
from worker.domain.errors import OperatorError
from worker.marketplaces.temu import signing as temu_signing
from worker.marketplaces.tiktok_shop import explanation as tiktok_shop_signing
from worker.tiktok_app import generate_headers

_EXPLAIN_ERROR = """Example:

    sellersync sign --explain-error @request.curl --app-secret -"""
_TIKTOK_SHOP = """Example:

    sellersync sign tiktok-shop --app-secret - --path /order/202309/orders/search
    --param app_key=29a39d --param timestamp=1623812664 --body '{"order_status":"UNPAID"}'"""
_TEMU = """Example:

    sellersync sign temu --app-secret - --body @request.json"""

_TIKTOK_APP = """Example:

    sellersync sign tiktok-app --params 'aid=1233&app_name=musical_ly' --data @body"""

_Secret = Annotated[
    str, typer.Option(help="The app secret; - reads it from standard input.")
]
_Json = Annotated[
    bool, typer.Option("--json", help='Print {"sign": …, "base_string": …}.')
]


def register(program: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
    group.command("tiktok-shop", epilog=_TIKTOK_SHOP)(tiktok_shop)
    group.command("temu", epilog=_TEMU)(temu)
    group.command("tiktok-app", epilog=_TIKTOK_APP)(tiktok_app)
    program.add_typer(group, name="sign", callback=sign, epilog=_EXPLAIN_ERROR)


def sign(
    context: typer.Context,
    *,
    explain_error: Annotated[
        str | None,
        typer.Option(
            metavar="URL|CURL|JSON",
            help="A request that was refused: its address, a curl command, Temu's JSON "
            "body, or @FILE. Tells why.",
        ),
    ] = None,
    app_secret: Annotated[
        str | None,
        typer.Option(
            help="For --explain-error; without it that of the configured app. "
            "- reads it from standard input."
        ),
    ] = None,
    marketplace: Annotated[
        str | None,
        typer.Option(help="For --explain-error, where the request does not tell it."),
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help='For --explain-error: {"right": …, "causes": […], "remarks": […], …}.',
        ),
    ] = False,
) -> None:
    """Explain a signature step by step, or why one was refused; nothing is sent."""
    if explain_error is None:
        if context.invoked_subcommand is None:
            say(context.get_help())
            raise typer.Exit(2)
        return
    if context.invoked_subcommand is not None:
        raise typer.BadParameter("--explain-error stands alone")
    diagnosing.explain_error(
        explain_error, app_secret=app_secret, name=marketplace, json=json
    )


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
    return name, value


def tiktok_shop(
    *,
    app_secret: _Secret,
    path: Annotated[str, typer.Option(help="Without host and query.")],
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A query parameter, not percent-encoded; may be repeated.",
        ),
    ] = None,
    body: Annotated[
        str,
        typer.Option(
            help="Exactly as it is sent, or @FILE: every byte of the file is signed, "
            "a newline at its end too."
        ),
    ] = "",
    legacy: Annotated[
        bool, typer.Option("--legacy", help="From before 202309: without the body.")
    ] = False,
    json: _Json = False,
) -> None:
    """Explain the signature of a TikTok Shop call."""
    query = _query(param or ())
    key = secret(app_secret, name="app secret")
    explained = tiktok_shop_signing.explain(
        key, path, query, given_bytes(body, name="the body"), legacy=legacy
    )
    _tell(explained.steps, explained.sign, explained.base_string, json=json)


def temu(
    *,
    app_secret: _Secret,
    body: Annotated[
        str, typer.Option(help="The JSON that is sent, with or without sign, or @FILE.")
    ],
    json: _Json = False,
) -> None:
    """Explain the signature of a Temu call."""
    key = secret(app_secret, name="app secret")
    parameters = _object(given_bytes(body, name="the body"))
    try:
        explained = temu_signing.explain(key, parameters)
    except (TypeError, ValueError) as error:
        raise OperatorError(f"the body cannot be signed: {error}") from None
    _tell(explained.steps, explained.sign, explained.base_string, json=json)


def tiktok_app(
    *,
    params: Annotated[
        str, typer.Option(metavar="QUERY", help="The query as it is sent, or @FILE.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="The body of a POST as it is sent, or @FILE."
        ),
    ] = None,
    unix: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="The time of the request, if not now."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help='Print {"x-gorgon": …, …}.')
    ] = False,
) -> None:
    """Make the headers of a request of TikTok's mobile app; unofficial, an extra.

    See docs/tiktok-app.md; it is no part of seller sync.
    """
    headers = generate_headers(
        given_bytes(params, name="the query"),
        None if data is None else given_bytes(data, name="the body"),
        unix=unix,
    )
    if json:
        print_document(headers)
        return
    for name, value in headers.items():
        say(f"{name}: {value}")


def _query(given: Iterable[str]) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in map(_parameter, given):
        if name in query:
            raise typer.BadParameter(f"--param {name} is given twice")
        query[name] = value
    return query


def _object(body: bytes) -> dict[str, object]:
    """Read the body with Python's own parser: it keeps whole numbers of any size."""
    try:
        parsed: object = json_text.loads(body)
    except ValueError as error:
        raise OperatorError(f"the body is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise OperatorError("the body is not a JSON object: Temu's is always {…}")
    return parsed


def _tell(
    steps: Iterable[tuple[str, str]], signature: str, base_string: str, *, json: bool
) -> None:
    if json:
        print_document({"sign": signature, "base_string": base_string})
        return
    for number, (title, result) in enumerate(steps, start=1):
        say(f"{number}. {title}")
        for line in result.splitlines():
            say(f"   {line}")
    say(f"sign: {signature}")
