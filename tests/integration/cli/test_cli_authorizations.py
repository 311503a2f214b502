"""Whose authorization needs its seller, and renewing exactly that one."""

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def malls(sandbox):
    """Return how to connect each Temu mall, by zone."""
    return {zone: app["malls"][0] for zone, app in sandbox.sellers()["temu"].items()}


def test_those_that_end_soon_are_listed(sellersync, sandbox):
    """A year is not soon; within two years it is."""
    (seller, *_) = sandbox.sellers()["tiktok_shop"]["sellers"]
    sellersync("connect", "tiktok-shop", "--auth-code", seller["auth_code"])

    soon = sellersync("authorizations", "--expiring", "30d", "--json")
    later = sellersync("authorizations", "--expiring", "730d", "--json")
    assert soon.document == []
    (found,) = later.document
    assert (found["subject"], found["state"]) == (seller["open_id"], "active")
    assert len(found["shops"]) == 2
    assert "token" not in " ".join(found).replace("token_until", "")


def test_the_table_says_the_same(sellersync, sandbox):
    """For people."""
    (seller, *_) = sandbox.sellers()["tiktok_shop"]["sellers"]
    sellersync("connect", "tiktok-shop", "--auth-code", seller["auth_code"])

    assert seller["open_id"] in sellersync("authorizations").out


def test_a_wrong_duration_is_wrong_usage(sellersync):
    """With an example of a right one."""
    ended = sellersync("authorizations", "--expiring", "soon")

    assert ended.status == 2
    assert "30d" in ended.err


def test_a_token_is_read_from_a_file(sellersync, malls):
    """Where neither the process list nor the shell's history has it."""
    token = sellersync.folder / "token.txt"
    token.write_text(malls["eu"]["access_token"] + "\n")
    ended = sellersync("connect", "temu", "--zone", "eu", "--access-token", f"@{token}")

    assert ended.status == 0
    assert malls["eu"]["access_token"] not in ended.out + ended.err


def test_a_missing_file_is_one_clear_line(sellersync):
    """Without a traceback."""
    ended = sellersync("connect", "temu", "--zone", "eu", "--code", "@/no/such/file")

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "/no/such/file" in ended.err


def test_a_token_of_another_seller_cannot_renew_a_shop(sellersync, sandbox):
    """Signing in with the wrong account is said, and changes nothing."""
    first, second = sandbox.sellers()["tiktok_shop"]["sellers"]
    connected = sellersync(
        "connect", "tiktok-shop", "--auth-code", first["auth_code"], "--json"
    )
    shop_key = connected.document["shops"][0]["shop_key"]
    ended = sellersync(
        "connect", "tiktok-shop", "--auth-code", second["auth_code"], "--shop", shop_key
    )

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert first["open_id"] in ended.err
    assert len(sellersync("authorizations", "--json").document) == 1
