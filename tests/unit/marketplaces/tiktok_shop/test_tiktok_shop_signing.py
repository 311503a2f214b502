"""Signatures: published vectors, and the laws behind them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.marketplaces.tiktok_shop.signing import (
    base_string,
    sign,
    sign_webhook,
    signs_body,
)

FILE = Path(__file__).parents[3] / "vectors" / "tiktok_shop.json"
VECTORS = json.loads(FILE.read_text())

names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)
queries = st.dictionaries(names, st.text(max_size=20), min_size=1, max_size=8)
bodies = st.binary(max_size=200)


@pytest.mark.parametrize("vector", VECTORS["request_vectors"], ids=lambda v: v["id"])
def test_reproduces_the_vectors(vector: dict[str, Any]) -> None:
    """Base string and digest are those that others published or recomputed."""
    legacy = not vector["body_in_signature"]
    signed = signs_body(vector["content_type"], legacy=legacy)
    body = vector["body"].encode() if signed else b""
    secret, path, query = vector["app_secret"], vector["path"], vector["query"]

    assert vector["base_string"] == base_string(path, query, body).decode()
    assert vector["computed_sign"] == sign(secret, path, query, body)
    assert vector["expected_sign"] in {None, sign(secret, path, query, body)}


def test_no_body_signs_like_an_empty_one() -> None:
    """Nothing is appended for a call without a body."""
    assert sign("secret", "/path", {"a": "b"}) == sign(
        "secret", "/path", {"a": "b"}, b""
    )
    assert base_string("/path", {"a": "b"}) == b"/pathab"


def test_the_vectors_cover_what_others_published() -> None:
    """Most of the vectors are somebody else's."""
    published = [v for v in VECTORS["request_vectors"] if v["expected_sign"]]

    assert len(published) >= 17


@pytest.mark.parametrize("vector", VECTORS["webhook_vectors"], ids=lambda v: v["id"])
def test_reproduces_the_webhook_vectors(vector: dict[str, Any]) -> None:
    """A webhook is signed over the app key and the body's bytes."""
    body = vector["raw_body"].encode()

    assert vector["expected"] == sign_webhook(
        vector["app_key"], vector["app_secret"], body
    )


@given(query=queries, body=bodies, data=st.data())
def test_the_order_of_parameters_is_irrelevant(
    query: dict[str, str], body: bytes, data: st.DataObject
) -> None:
    """However the query is put together, the signature is the same."""
    shuffled = dict(data.draw(st.permutations(list(query.items()))))

    assert sign("secret", "/path", query, body) == sign(
        "secret", "/path", shuffled, body
    )


@given(query=queries, body=bodies, other=bodies)
def test_every_byte_of_the_body_counts(
    query: dict[str, str], body: bytes, other: bytes
) -> None:
    """Two bodies share a signature only if they are the same bytes."""
    assert (body == other) is (
        sign("secret", "/path", query, body) == sign("secret", "/path", query, other)
    )


@given(query=queries, data=st.data())
def test_every_parameter_counts(query: dict[str, str], data: st.DataObject) -> None:
    """A changed value changes the signature."""
    name = data.draw(st.sampled_from(sorted(query)))
    changed = query | {name: query[name] + "x"}

    assert sign("secret", "/path", query) != sign("secret", "/path", changed)


@given(query=queries, body=bodies, old_sign=st.text(), token=st.text())
def test_signature_and_token_are_not_signed(
    query: dict[str, str], body: bytes, old_sign: str, token: str
) -> None:
    """A signed request can be signed again as it is."""
    with_both = query | {"sign": old_sign, "access_token": token}

    assert sign("secret", "/path", query, body) == sign(
        "secret", "/path", with_both, body
    )


def test_secret_and_path_count() -> None:
    """Another secret or path is another signature."""
    signs = {
        sign(secret, path, {"a": "b"})
        for secret in ("one", "two")
        for path in ("/one", "/two")
    }

    assert len(signs) == 4


def test_the_digest_is_64_lower_case_hex_digits() -> None:
    """An upper-case digest is refused by the server."""
    digest = sign("secret", "/path", {})

    assert len(digest) == 64
    assert set(digest) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("content_type", "legacy", "expected"),
    [
        ("application/json", False, True),
        ("application/json; charset=utf-8", False, True),
        ("multipart/form-data", False, False),
        ("multipart/form-data; boundary=abc", False, False),
        ("Multipart/Form-Data;boundary=abc", False, False),
        ("application/json", True, False),
    ],
)
def test_uploads_and_old_calls_do_not_sign_the_body(
    content_type: str,
    legacy: bool,  # noqa: FBT001 -- a column of the table
    expected: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """The media type decides, whatever follows it in the header."""
    assert expected is signs_body(content_type, legacy=legacy)
