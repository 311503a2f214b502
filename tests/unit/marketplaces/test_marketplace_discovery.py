"""Marketplaces are found by their folders, and named as people spell them."""

import pytest

from worker.domain.errors import OperatorError
from worker.marketplaces import marketplace, marketplaces


def test_finds_a_marketplace_by_its_folder() -> None:
    """Every folder's marketplace is listed by its own name."""
    found = marketplaces()

    assert "tiktok_shop" in found
    assert {name: each.name for name, each in found.items()} == {
        name: name for name in found
    }


def test_accepts_the_spelling_of_commands_and_addresses() -> None:
    """`tiktok-shop` is `tiktok_shop`."""
    assert marketplace("tiktok_shop") is marketplace("tiktok-shop")


def test_an_unknown_marketplace_names_the_known_ones() -> None:
    """The error says what could have been meant."""
    with pytest.raises(OperatorError, match=r"'ebay'; known are: .*tiktok_shop"):
        marketplace("ebay")
