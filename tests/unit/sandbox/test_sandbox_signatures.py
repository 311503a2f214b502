"""The sandbox's own signature code, against signatures that others published."""

import json
from pathlib import Path
from typing import Any

import pytest

from worker.sandbox.temu.signature import expected_sign as temu_sign
from worker.sandbox.tiktok_shop.signature import expected_sign as tiktok_sign

VECTORS = Path(__file__).parents[2] / "vectors"
TIKTOK: list[dict[str, Any]] = json.loads((VECTORS / "tiktok_shop.json").read_bytes())[
    "request_vectors"
]
TEMU: dict[str, Any] = json.loads((VECTORS / "temu.json").read_bytes())


@pytest.mark.parametrize("vector", TIKTOK, ids=lambda vector: vector["id"])
def test_tiktok_shop_signs_as_published(vector: dict[str, Any]) -> None:
    """Every published TikTok Shop signature comes out, with and without a body."""
    body = vector["body"].encode() if vector["body_in_signature"] else b""

    sign = tiktok_sign(vector["app_secret"], vector["path"], vector["query"], body)

    assert (vector["expected_sign"] or vector["computed_sign"]) == sign


def test_tiktok_shop_leaves_sign_and_token_out() -> None:
    """What was already signed, and a token in the query, do not change the signature."""
    query = {"app_key": "k", "timestamp": "1"}

    sign = tiktok_sign("s", "/p", query, b"")

    assert sign == tiktok_sign(
        "s", "/p", {**query, "sign": "x", "access_token": "t"}, b""
    )


@pytest.mark.parametrize("vector", TEMU["vectors"], ids=lambda vector: vector["id"])
def test_temu_signs_as_published(vector: dict[str, Any]) -> None:
    """Every published Temu signature comes out, nested and unicode values included."""
    sign = temu_sign(vector["app_secret"], vector["params"])

    assert vector["expected_sign"] == sign


@pytest.mark.parametrize("mistake", TEMU["negative"], ids=lambda mistake: mistake["id"])
def test_temu_does_not_sign_as_known_mistakes_do(mistake: dict[str, Any]) -> None:
    """Signatures of well-known wrong implementations do not come out."""
    vector = next(v for v in TEMU["vectors"] if v["id"] == mistake["of"])

    sign = temu_sign(vector["app_secret"], vector["params"])

    assert mistake["wrong_sign"] != sign


def test_temu_leaves_sign_out() -> None:
    """A sign that is already in the body does not change the signature."""
    assert temu_sign("s", {"a": 1}) == temu_sign("s", {"a": 1, "sign": "OLD"})
