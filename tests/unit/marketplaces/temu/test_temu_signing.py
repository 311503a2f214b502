"""Signatures: published vectors, and the laws behind them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.marketplaces.temu.signing import canonical, explain, sign

FILE = Path(__file__).parents[3] / "vectors" / "temu.json"
VECTORS = json.loads(FILE.read_text())
BY_ID = {vector["id"]: vector for vector in VECTORS["vectors"]}

SECRET = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "canarytokencanarytokencanarytokencanarytokencanarytoken0001"

names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
nested = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=8,
)
bodies = st.dictionaries(names, nested, max_size=8)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["id"])
def test_reproduces_the_vectors(vector: dict[str, Any]) -> None:
    """Base string and digest are those that others published or recomputed."""
    assert vector["sign_base"] == canonical(vector["params"])
    assert vector["expected_sign"] == sign(vector["app_secret"], vector["params"])


@pytest.mark.parametrize("mistake", VECTORS["negative"], ids=lambda v: v["id"])
def test_does_not_make_the_known_mistakes(mistake: dict[str, Any]) -> None:
    """What others sign by mistake is not what we sign."""
    vector = BY_ID[mistake["of"]]

    assert mistake["wrong_sign"] != sign(vector["app_secret"], vector["params"])


@given(body=bodies, data=st.data())
def test_the_order_of_the_outermost_keys_is_irrelevant(
    body: dict[str, object], data: st.DataObject
) -> None:
    """However the body is put together, the signature is the same."""
    shuffled = dict(data.draw(st.permutations(list(body.items()))))

    assert sign(SECRET, body) == sign(SECRET, shuffled)


@given(inner=st.dictionaries(names, st.integers(), min_size=2))
def test_the_order_of_nested_keys_matters(inner: dict[str, int]) -> None:
    """Nested objects are signed in the order in which they are sent."""
    backwards = dict(reversed(inner.items()))

    assert sign(SECRET, {"a": inner}) != sign(SECRET, {"a": backwards})


@pytest.mark.parametrize("nothing", [None, ""])
@given(body=bodies, name=names)
def test_null_and_empty_text_sign_like_absent(
    nothing: str | None, body: dict[str, object], name: str
) -> None:
    """What is not sent does not count."""
    absent = {key: value for key, value in body.items() if key != name}

    assert sign(SECRET, absent) == sign(SECRET, {**body, name: nothing})


@given(number=st.integers())
def test_a_number_signs_like_its_digits(number: int) -> None:
    """An int of any size and its decimal text are the same."""
    assert sign(SECRET, {"timestamp": number}) == sign(
        SECRET, {"timestamp": str(number)}
    )


@given(body=bodies)
def test_a_signature_already_in_the_body_is_ignored(body: dict[str, object]) -> None:
    """Signing again gives the same signature."""
    body.pop("sign", None)

    assert sign(SECRET, body) == sign(SECRET, {**body, "sign": sign(SECRET, body)})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        ([], "[]"),
        ({}, "{}"),
        ({"n": None, "t": True}, '{"n":null,"t":true}'),
        ({"a": "a & b < c > d / e 'f'"}, '{"a":"a & b < c > d / e \'f\'"}'),
        ({"a": "Größe 尺码\u2028"}, '{"a":"Größe 尺码\u2028"}'),
        ({"b": 1, "a": [1, "1"]}, '{"b":1,"a":[1,"1"]}'),
        ({"big": 9007199254740993}, '{"big":9007199254740993}'),
        ({"bigger": 2**64, "a": "ö"}, '{"bigger":18446744073709551616,"a":"ö"}'),
        ('say "hi" \\ bye', 'say "hi" \\ bye'),
    ],
)
def test_values_are_written_as_temu_writes_them(value: object, written: str) -> None:
    """Compact JSON, raw UTF-8, nothing escaped that need not be."""
    assert f"key{written}" == canonical({"key": value})


def test_upper_case_keys_come_first() -> None:
    """Keys are sorted by ASCII, not as in a dictionary."""
    assert canonical({"aB": 4, "_": 2, "Z": 1, "a1": 3}) == "Z1_2a13aB4"


@pytest.mark.parametrize("value", [1.0, {"a": [{"b": 12.3}]}, [float("nan")]])
def test_floats_are_refused(value: object) -> None:
    """A float has no one spelling, so it is not signed at all."""
    with pytest.raises(TypeError, match="price is a float; write amounts as text"):
        sign(SECRET, {"price": value})


@pytest.mark.parametrize("value", [b"raw", {1: "a"}, {"a": {"b"}}])
def test_what_is_not_json_is_refused(value: object) -> None:
    """A value that JSON cannot say is a mistake of ours."""
    with pytest.raises(TypeError, match="key h"):
        canonical({"key": value})


def test_explains_the_way_to_a_signature() -> None:
    """The steps name what was left out, the order, the texts and the digest."""
    body = {"type": "t", "access_token": TOKEN, "b": None, "sign": "old", "n": [1]}

    explanation = explain(SECRET, body)

    assert sign(SECRET, body) == explanation.sign
    assert canonical(body) == explanation.base_string
    assert [
        "b, sign",
        "access_token, n, type",
        "access_token<access_token>n[1]typet",
        "<app_secret>access_token<access_token>n[1]typet<app_secret>",
        explanation.sign,
    ] == [outcome for _, outcome in explanation.steps]


def test_an_explanation_shows_no_secret() -> None:
    """Neither the secret, nor the token, nor a code is in its steps or its repr."""
    body = {"access_token": TOKEN, "code": TOKEN, "type": "t"}

    explanation = explain(SECRET, body)

    shown = f"{explanation!r} {explanation.steps}"
    assert SECRET not in shown
    assert TOKEN not in shown
