"""`sellersync explain`: why an order or product is here as it is, or is not here."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from worker.cli.choosing import known_shop
from worker.cli.completion import shop_keys
from worker.cli.explaining import lines_of
from worker.cli.printing import print_document, say
from worker.cli.session import opened_database
from worker.domain.errors import OperatorError
from worker.domain.records import Stream
from worker.store.explanation import explain as explained
from worker.store.explanation import shops_with
from worker.store.shops import all_shops

_EXAMPLE = """Example:

    sellersync explain order 576461413038785752"""

# Of a record that nobody has, more than these would be a wall of text.
_MOST_SHOPS = 20


class Kind(StrEnum):
    """What can be explained."""

    ORDER = "order"
    PRODUCT = "product"


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(explain)


def explain(
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    record_id: Annotated[
        str, typer.Argument(metavar="ID", help="The order_id or product_id.")
    ],
    *,
    shop: Annotated[
        str | None,
        typer.Option(
            metavar="SHOP_KEY",
            autocompletion=shop_keys,
            help="Only this shop; else all.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON list, an object per shop.")
    ] = False,
) -> None:
    """Tell what is stored of an order or product, who wrote it, and when it is read next.

    With the windows that should have shown it, their page reads and the marketplace's
    request ids, as far back as SELLERSYNC_RETENTION__PAGE_READS. No personal data is shown.
    """
    stream = Stream(f"{kind.value}s")
    with opened_database() as database, database.read() as connection:
        found: list[dict[str, Any]] = [
            explained(connection, key, stream, record_id)
            for key in _shops(connection, stream, record_id, shop)
        ]
    if json:
        print_document(found)
        return
    for facts in found:
        for line in lines_of(facts):
            say(line)


def _shops(
    connection: Connection, stream: Stream, record_id: str, shop: str | None
) -> list[str]:
    """Return the shops to tell of: those that have it, else all that could."""
    if shop is not None:
        return [known_shop(connection, shop).shop.shop_key]
    having = shops_with(connection, stream, record_id)
    if having:
        return having
    every = [stored.shop.shop_key for stored in all_shops(connection)]
    if not every:
        raise OperatorError(
            "no shop is connected; `sellersync connect --help` shows how"
        )
    if len(every) > _MOST_SHOPS:
        raise OperatorError(
            f"none of {len(every)} shops has it; add --shop to see what was read of one"
        )
    return every
