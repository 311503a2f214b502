"""Fields: laws for times, amounts and texts, and rows of any shape at all."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.records import Order, Product
from worker.marketplaces.tiktok_shop.fields import (
    NotAsDocumented,
    count,
    moment,
    money,
    text,
)
from worker.marketplaces.tiktok_shop.orders import order
from worker.marketplaces.tiktok_shop.paging import read_page
from worker.marketplaces.tiktok_shop.products import product

NAMES = [
    *("id", "status", "create_time", "update_time", "paid_time", "payment"),
    *("total_amount", "currency", "line_items", "sale_price", "sku_id"),
    *("skus", "price", "tax_exclusive_price", "inventory", "quantity", "title"),
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.from_regex(r"[0-9.eE+-]{1,12}", fullmatch=True)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=15,
)
seconds = st.integers(1, 9_999_999_999)


@given(rows=st.lists(values, max_size=4))
@pytest.mark.parametrize("read", [order, product])
def test_no_row_stops_the_page(
    read: Callable[[object], Order | Product], rows: list[object]
) -> None:
    """Each row is a record or is kept; none is lost, none raises."""
    page = read_page({"rows": rows}, "rows", read)

    assert len(page.records) + len(page.unreadable) == len(rows)
    kept = [each.raw for each in (*page.records, *page.unreadable)]
    assert sorted(kept) == sorted(orjson.dumps(row) for row in rows)


@given(value=seconds)
def test_a_time_may_be_a_number_or_its_digits(value: int) -> None:
    """Both are Unix seconds."""
    expected = datetime.fromtimestamp(value, UTC)

    assert expected == moment({"t": value}, "t")
    assert expected == moment({"t": str(value)}, "t")


@given(value=st.integers(1_000_000_000, 9_999_999_999))
def test_a_time_from_2001_on_may_be_in_milliseconds(value: int) -> None:
    """Thirteen digits cannot be seconds."""
    expected = datetime.fromtimestamp(value, UTC)

    assert expected == moment({"t": value * 1000}, "t")
    assert expected == moment({"t": str(value * 1000)}, "t")


@pytest.mark.parametrize("value", [None, "", 0, "0", -1], ids=repr)
def test_no_time_is_none(value: object) -> None:
    """Zero stands for "never"."""
    assert moment({"t": value}, "t") is None


@given(value=st.decimals(-1000000, 1000000, places=2, allow_nan=False))
def test_an_amount_keeps_its_digits(value: Decimal) -> None:
    """Amounts are decimal texts in major units, up to the last zero."""
    amount = money({"m": str(value)}, "m")

    assert str(amount) == str(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.1, "1.1"), (5000, "5000"), (0, "0"), ("199.00", "199.00"), ("-3", "-3")],
    ids=repr,
)
def test_an_amount_may_come_as_a_number(value: object, expected: str) -> None:
    """A float is what was written, not what it is in binary."""
    assert str(money({"m": value}, "m")) == expected


@pytest.mark.parametrize("value", [None, ""], ids=repr)
def test_no_amount_is_none(value: object) -> None:
    """Not given is not zero."""
    assert money({"m": value}, "m") is None


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e400", "1e-400", "1,5", True, [], {}], ids=repr
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    """It would break sums, or the database's column."""
    with pytest.raises(NotAsDocumented, match="m is not an amount"):
        money({"m": value}, "m")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), ("", None), (None, None), (7, "7"), ("a\0b", "ab"), ("\0", None)],
    ids=repr,
)
def test_a_text_is_not_empty_and_fits_every_database(
    value: object, expected: str | None
) -> None:
    """PostgreSQL stores no NUL; `raw` still has it."""
    assert expected == text({"t": value}, "t")


@pytest.mark.parametrize("value", [True, 1.0, [], {}], ids=repr)
def test_what_is_no_text_is_refused(value: object) -> None:
    """A float would have lost the last digits of an id."""
    with pytest.raises(NotAsDocumented, match="t is not a text"):
        text({"t": value}, "t")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (7, 7), ("7", 7), (-1, -1), (None, None), ("", None)],
    ids=repr,
)
def test_a_count_is_a_whole_number(value: object, expected: int | None) -> None:
    """Zero is a number, not given is none."""
    assert expected == count({"n": value}, "n")


@pytest.mark.parametrize("value", [1.0, True, "many", 2**53, "9" * 5000])
def test_what_is_no_count_is_refused(value: object) -> None:
    """A number that no database column holds is none either."""
    with pytest.raises(NotAsDocumented, match="n is not a whole number"):
        count({"n": value}, "n")
