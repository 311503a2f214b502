"""`/`: the status page, made of what the database says now."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from worker.domain.records import Stream
from worker.marketplaces import marketplaces
from worker.overview.events import event_rows
from worker.overview.status import shop_rows
from worker.overview.summary import Summary, summarize
from worker.overview.troubles import Trouble, Weight, troubles
from worker.runtime import Runtime
from worker.store.database import database_now
from worker.store.shop_list import Only, Order, ShopPage, Wish, list_shops
from worker.web.budget import BudgetHistory
from worker.web.pages import page

_SIZE = 50
# Shops in trouble that are explained at the top; the list below shows all of them.
_EXPLAINED = 30
_EVENTS = 15
# A page number beyond it is a slip of the pen; the database would count to it.
_LAST_PAGE = 100_000
_LONGEST_SEARCH = 100  # characters


def routes(here: Runtime, history: BudgetHistory) -> list[BaseRoute]:
    """Return the page."""

    def status(request: Request) -> Response:
        wish = read_wish(request.query_params)
        return page("status.html", **content(here, history, wish))

    return [Route("/", status)]


def content(here: Runtime, history: BudgetHistory, wish: Wish) -> dict[str, Any]:
    """Return everything that the page shows; what it costs does not grow with the shops."""
    with here.database.read() as connection:
        now = database_now(connection)
        summary = summarize(here, connection)
        listed = list_shops(connection, wish, now=now, targets=summary.targets)
        return {
            "section": "status",
            "now": now,
            "summary": summary,
            "streams": list(Stream),
            "titles": {each.name: each.title for each in marketplaces().values()},
            "rows": _rows(connection, listed),
            "listed": listed,
            "pages": max(1, -(-listed.count // wish.size)),
            "wish": wish,
            "link": lambda **changed: _link(replace(wish, **changed)),
            "Only": Only,
            "Order": Order,
            **_troubles(connection, summary, now),
            "events": event_rows(connection, limit=_EVENTS),
            "budgets": history.document()["apps"],
        }


def read_wish(query: QueryParams) -> Wish:
    """Read what the address asks for; what makes no sense is left at its default."""
    order, _, direction = query.get("sort", "").partition("-")
    number = query.get("page", "")
    # PostgreSQL refuses a text with NUL in it.
    search = "".join(filter(str.isprintable, query.get("q", ""))).strip()
    return Wish(
        search=search[:_LONGEST_SEARCH],
        only=Only(query["only"]) if query.get("only") in set(Only) else Only.ALL,
        order=Order(order) if order in set(Order) else Order.NAME,
        descending=direction == "down",
        page=_page(number) if number.isascii() and number.isdecimal() else 1,
        size=_SIZE,
    )


def _page(digits: str) -> int:
    # Beyond so many digits Python refuses to read a number.
    return min(max(int(digits[:9]), 1), _LAST_PAGE)


def _link(wish: Wish) -> str:
    """Return the address of another view of the list; defaults are left out."""
    parts = {
        "q": wish.search,
        "only": "" if wish.only is Only.ALL else wish.only.value,
        "sort": f"{wish.order.value}-down" if wish.descending else wish.order.value,
        "page": "" if wish.page == 1 else str(wish.page),
    }
    if parts["sort"] == Order.NAME.value:
        parts["sort"] = ""
    return "/?" + urlencode({name: text for name, text in parts.items() if text})


def _rows(connection: Connection, listed: ShopPage) -> list[dict[str, Any]]:
    by_key = {row["shop_key"]: row for row in shop_rows(connection, listed.keys)}
    return [by_key[key] for key in listed.keys]


def _troubles(
    connection: Connection, summary: Summary, now: datetime
) -> dict[str, Any]:
    """Return the worst troubles, each once with all its shops, and how many shops have any."""
    wish = Wish(only=Only.TROUBLE, order=Order.STATE, descending=True, size=_EXPLAINED)
    found = list_shops(connection, wish, now=now, targets=summary.targets)
    told: dict[Trouble, list[dict[str, Any]]] = {}
    for row in _rows(connection, found):
        for trouble in troubles(row, summary.targets):
            told.setdefault(trouble, []).append(row)
    # The sort is stable: within a weight, sellers' troubles stay in front.
    ordered = sorted(told.items(), key=lambda each: each[0].weight is not Weight.ACT)
    return {
        "troubles": ordered,
        "troubled": found.count,
        "explained": len(found.keys),
    }
