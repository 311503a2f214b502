"""A payload without the parts that tell who somebody is or where."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.personal import PersonalData

RULES = PersonalData(names=frozenset({"buyer", "address"}), kept=frozenset({"country"}))
CANARY = "canary"
INNER = st.recursive(
    st.just(CANARY) | st.just(17),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "buyer"]), inner, max_size=3)
    ),
    max_leaves=10,
)


def blanked(value, rules=RULES):
    """Return a value without personal data."""
    return orjson.loads(rules.blanked(orjson.dumps(value).decode()))


def test_what_is_personal_becomes_null_and_keeps_its_shape():
    """So that whoever reads payloads does not stumble; lists are emptied."""
    payload = {
        "id": "1",
        "buyer": "Ann",
        "address": {"street": "x", "lines": ["y"], "geo": {"lat": 1.5}},
    }

    assert blanked(payload) == {
        "id": "1",
        "buyer": None,
        "address": {"street": None, "lines": [], "geo": {"lat": None}},
    }


def test_at_any_depth():
    """The same order comes wrapped in more than one way."""
    assert blanked({"result": [{"buyer": "Ann", "sku": "s"}]}) == {
        "result": [{"buyer": None, "sku": "s"}]
    }


def test_what_tells_no_person_apart_stays():
    """But only inside what is personal does it need to be named."""
    payload = {"address": {"country": "DE", "town": "x"}, "country": {"buyer": 1}}

    assert blanked(payload) == {
        "address": {"country": "DE", "town": None},
        "country": {"buyer": None},
    }


def test_without_rules_nothing_is_touched():
    """Not even the spaces."""
    assert PersonalData().blanked('{"buyer" : 1}') == '{"buyer" : 1}'


@pytest.mark.parametrize("payload", ["", "not json", '{"buyer": "An'])
def test_what_cannot_be_read_is_forgotten_whole(payload):
    """Nobody knows what in it is personal."""
    assert RULES.blanked(payload) == "null"


@given(inside=INNER, outside=INNER)
def test_nothing_personal_is_left_whatever_its_shape(inside, outside):
    """And blanking twice is the same as once."""
    once = blanked({"other": {"buyer": inside}, "buyer": outside})

    assert CANARY not in str(once)
    assert blanked(once) == once
