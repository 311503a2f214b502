"""What the demonstration calls a difference, and what it makes of all it found."""

from datetime import timedelta

import pytest

from worker.cli.demonstration.comparison import compare
from worker.cli.demonstration.console import AppTraffic, Row, Traffic, Truth
from worker.cli.demonstration.findings import judge
from worker.cli.demonstration.sight import SellerSight
from worker.domain.records import Stream

ORDER: Row = {
    "shop_key": "s",
    "order_id": "1",
    "status": "shipped",
    "lines": [{"quantity": 1}],
}


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ([ORDER], []),
        ([], ["orders s 1: missing in the database"]),
        (
            [ORDER, {**ORDER, "order_id": "2"}],
            ["orders s 2: in the database only"],
        ),
        (
            [{**ORDER, "status": "completed"}],
            ["orders s 1: status is 'completed', should be 'shipped'"],
        ),
        (
            [{**ORDER, "lines": []}],
            ["orders s 1: lines is [], should be [{'quantity': 1}]"],
        ),
        ([{**ORDER, "extra": 1}], ["orders s 1: extra is 1, should be None"]),
    ],
    ids=["equal", "missing", "surplus", "field", "line", "unknown field"],
)
def test_every_difference_is_named(stored, expected):
    """By stream, shop, id and field, with both values."""
    found = compare(Stream.ORDERS, {"s": {"1": ORDER}}, stored)

    assert [str(difference) for difference in found] == expected


def found(*, truth=True, lost=False, refreshed=1, state="active", violations=0):
    """Return which promises were kept."""
    rows = {"s": {"1": ORDER}} if truth else {}
    differences = list(compare(Stream.ORDERS, rows, [])) if lost else []
    app = AppTraffic(
        limit=10, calls=9, violations=violations, last_second=0, keys={}, refreshes={}
    )
    sellers = [
        SellerSight(
            app_id=f"{name}:zone:key",
            subject=name,
            state=state,
            life=timedelta(0),
            refreshes=0,
        )
        for name in ("tiktok_shop", "temu")
    ]
    findings = judge(
        truth=Truth(orders=rows, products=rows),
        differences=differences,
        sellers=sellers,
        refreshed={"tiktok_shop": refreshed, "temu": 1},
        traffic=Traffic(apps={"a": app}),
    )
    return [finding.kept for finding in findings]


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ({}, [True, True, True, True, True]),
        ({"lost": True}, [False, True, True, True, True]),
        ({"truth": False}, [False, False, True, True, True]),
        ({"refreshed": 0}, [True, True, False, True, True]),
        ({"state": "needs_reauthorization"}, [True, True, False, False, True]),
        ({"violations": 1}, [True, True, True, True, False]),
    ],
    ids=[
        "all well",
        "a lost order",
        "no truth",
        "no refresh",
        "a dead seller",
        "over a limit",
    ],
)
def test_a_broken_promise_is_found(what, kept):
    """Orders, products, refreshes, checks, limits: each has its own verdict."""
    assert found(**what) == kept
