"""The normalised form: JSON values, and what differs between two of them."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.records import Stream
from worker.store.forms import differences, form, plain
from worker.store.shapes import SHAPES


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC), "2026-01-02T03:04:05.006Z"),
        (
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-5))),
            "2026-01-02T08:04:05Z",
        ),
        (Decimal("199.00"), "199.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.0000001"), "0.0000001"),
    ],
)
def test_times_and_money_are_text(value, text):
    """ISO 8601 with `Z`; decimals without an exponent."""
    assert plain(value) == text


@pytest.mark.parametrize("value", [None, "", "text", 0, 2**63, True])
def test_everything_else_stays(value):
    """JSON has it already."""
    assert plain(value) is value


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
        timezones=st.timezones(),
    )
)
def test_a_time_means_the_same_moment_in_every_zone(moment):
    """To the millisecond."""
    back = datetime.fromisoformat(plain(moment))

    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


def test_the_two_hours_of_a_clock_set_back_stay_two():
    """Python calls them equal, whoever remembers the text of one must not give it for both."""
    first, second = (
        datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=ZoneInfo("Europe/Berlin"))
        for fold in (0, 1)
    )

    assert plain(first) == "2026-10-25T00:30:00Z"
    assert plain(second) == "2026-10-25T01:30:00Z"


@pytest.mark.parametrize("stream", Stream)
def test_a_form_has_all_fields_in_their_order(stream):
    """And a list of children, empty if there are none."""
    shape = SHAPES[stream]
    made = form(shape, range(len(shape.fields)), [range(len(shape.child_fields))])

    assert list(made) == [*shape.fields, shape.children]
    assert list(made[shape.children][0]) == list(shape.child_fields)
    assert form(shape, range(len(shape.fields)), [])[shape.children] == []


@pytest.mark.parametrize("stream", Stream)
def test_the_fields_stand_in_the_order_of_their_columns(stream):
    """Rows are written by position."""
    shape = SHAPES[stream]
    columns = [column.name for column in shape.table.columns]
    children = [column.name for column in shape.child_table.columns]

    assert columns == [
        "marketplace",
        "shop_key",
        shape.id_name,
        *shape.fields,
        "content_hash",
    ]
    assert children == ["shop_key", shape.id_name, "position", *shape.child_fields]


forms = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["a", "b"]),
        "note": st.none() | st.sampled_from(["a", "b"]),
        "lines": st.lists(st.fixed_dictionaries({"id": st.sampled_from("ab")})),
    }
)


@given(old=forms, new=forms)
def test_the_differences_turn_the_old_form_into_the_new_one(old, new):
    """Old and new value of each field that differs, and of no other."""
    found = differences(old, new)

    assert old | {name: after for name, (_, after) in found.items()} == new
    assert new | {name: before for name, (before, _) in found.items()} == old
    assert all(before != after for before, after in found.values())


@given(new=forms)
def test_a_new_form_differs_from_nothing_in_all_it_has(new):
    """What is not given is not told."""
    found = differences(None, new)

    assert found == {
        name: [None, value] for name, value in new.items() if value is not None
    }
    assert json.loads(json.dumps(found)) == found
