"""`refresh` and `status` over real HTTP."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.store.database import Database
from worker.store.schema.accounts import authorizations

pytestmark = pytest.mark.integration


def end_with_the_access_token(file: Path) -> None:
    """Let TikTok Shop's grants end within days, a year before Temu's."""
    database = Database(f"sqlite:///{file}")
    with database.write() as connection:
        connection.execute(
            authorizations.update().values(
                refresh_expires_at=authorizations.c.access_expires_at
            )
        )
    database.close()


def test_what_is_not_due_is_left_alone(sellersync, tiktok_shops):
    """One authorization covers both shops and is looked at once."""
    ended = sellersync("refresh", "--here", "--json")
    outcomes = ended.document["authorizations"]

    assert ended.status == 0
    assert [(each["shop_key"], each["is_new"]) for each in outcomes] == [
        (min(tiktok_shops), False)
    ]


def test_force_renews_the_token(sellersync, tiktok_shops):
    """Whichever of its shops names the authorization."""
    before = sellersync("status", "--json").document["shops"][0]
    ended = sellersync("refresh", "--shop", max(tiktok_shops), "--force", "--here")
    after = sellersync("status", "--json").document["shops"][0]

    assert (ended.status, ended.out.split()[-1]) == (0, "refreshed")
    assert before["refreshed_at"] < after["refreshed_at"]
    assert before["access_expires_at"] <= after["access_expires_at"]


def test_a_seller_who_took_the_grant_back(sellersync, sandbox):
    """Refresh fails in one line, later commands refuse to try, status and events tell."""
    seller = sandbox.sellers()["tiktok_shop"]["sellers"][1]
    key = min(shop["shop_key"] for shop in seller["shops"])
    sellersync("connect", "tiktok-shop", "--auth-code", seller["auth_code"])
    sandbox.tell(revoke=seller["open_id"])
    refreshed = sellersync("refresh", "--force", "--here")
    pulled = sellersync("pull", "orders", "--shop", key, "--here")
    again = sellersync("refresh", "--shop", key, "--here")
    status = sellersync("status", "--json").document

    assert (refreshed.status, pulled.status, again.status) == (1, 1, 1)
    assert refreshed.err.count("\n") == 1
    assert "needs_reauthorization" in pulled.err
    assert pulled.err == again.err
    assert {row["authorization_state"] for row in status["shops"]} == {
        "needs_reauthorization"
    }
    assert [
        event["shop_key"]
        for event in status["events"]
        if event["name"] == "authorization_needs_reauthorization"
    ] == [key]


def test_status_is_one_object(sellersync, mall, tiktok_shops):
    """What ends first comes first; apps and events are there."""
    sellersync("pull", "orders", "--here")
    end_with_the_access_token(sellersync.folder / "home" / "sellersync.db")
    status = sellersync("status", "--json").document
    first = status["shops"][0]
    ends = [row["ends_at"] for row in status["shops"]]
    used = {app["app_id"]: app["calls_per_second"] for app in status["apps"]}

    assert list(status) == ["shops", "apps", "events"]
    assert sorted(ends) == ends
    assert [row["shop_key"] for row in status["shops"]] == [*sorted(tiktok_shops), mall]
    assert set(first["streams"]) == {"orders", "products"}
    assert first["streams"]["orders"]["freshness_seconds"] < 60
    assert first["streams"]["products"]["watermark"] is None
    assert None not in used.values()
    assert max(used.values()) > 0
    assert {"seller_connected", "shop_found"} == {
        event["name"] for event in status["events"]
    }


def test_status_certifies_from_when_to_when_the_data_is_complete(
    sellersync, sandbox, mall
):
    """Orders from the configured history on, Temu's products from the beginning."""
    sandbox.tell(latency_ms=20)
    try:
        configured = sellersync.but(SELLERSYNC_ORDERS__HISTORY="50d")
        configured("pull", "orders", "--here")
        configured("pull", "products", "--here")
    finally:
        sandbox.tell(latency_ms=0)
    (shop,) = sellersync("status", "--json").document["shops"]
    orders, products = shop["streams"]["orders"], shop["streams"]["products"]
    age = datetime.now(UTC) - datetime.fromisoformat(orders["complete_from"])
    shown = sellersync("status").out

    assert shop["shop_key"] == mall
    assert 50 <= age.total_seconds() / 86_400 < 50.01
    assert (orders["slices"], orders["open_slices"]) == (1, 0)
    assert not orders["complete_from_beginning"]
    assert products["complete_from_beginning"]
    assert products["complete_from"] is None
    assert f"complete from {orders['complete_from'][:10]}" in shown
    assert "complete from the beginning" in shown


def test_status_for_people(sellersync, mall):
    """Plain columns, as it is no terminal; the events follow."""
    shown = sellersync("status").out

    assert mall in shown
    assert "never complete" in shown
    assert "seller_connected" in shown


def test_alike_events_are_told_once(sellersync, tiktok_shops):
    """With how often, since when, and all the shops that they are about."""
    status = sellersync("status", "--json").document
    shown = sellersync("status").out
    (found,) = [row for row in status["events"] if row["name"] == "shop_found"]

    assert set(found["shop_keys"]) == set(tiktok_shops)
    assert found["times"] == len(tiktok_shops) > 1
    assert found["since"] <= found["at"]
    assert f"shop_found ({len(tiktok_shops)} times)" in shown
    assert f"{found['shop_key']} and {len(tiktok_shops) - 1} more" in shown


def test_status_works_without_redis(sellersync, mall):
    """Nobody knows what was sent; everything else is there."""
    away = sellersync.but(SELLERSYNC_REDIS_URL="redis://:hunter2@127.0.0.1:1/0")
    status = away("status", "--json", within=20).document

    assert [row["shop_key"] for row in status["shops"]] == [mall]
    assert {app["calls_per_second"] for app in status["apps"]} == {None}
