"""`sellersync plan`: whether sellers fit, from what is learned or assumed."""

import pytest
from sqlalchemy import update

from worker.domain.records import Stream
from worker.store.schema.streams import streams


@pytest.fixture(autouse=True)
def _apps(home, monkeypatch):
    """Name an app of each marketplace."""
    del home  # it clears the environment first
    for name, value in {
        "TIKTOK_SHOP__APP_KEY": "tiktok-key",
        "TIKTOK_SHOP__APP_SECRET": "tiktok-secret",
        "TEMU__EU__APP_KEY": "temu-key",
        "TEMU__EU__APP_SECRET": "temu-secret",
    }.items():
        monkeypatch.setenv(f"SELLERSYNC_{name}", value)


def planned(sellersync, *arguments):
    """Return what `plan --json` says of the app that all shops share."""
    ended = sellersync("plan", "--app", "temu-key", "--json", *arguments)
    assert ended.status == 0, ended.err
    (document,) = ended.document
    return document


def test_a_plan_says_whether_it_fits_and_what_it_assumes(sellersync):
    """Nothing was pulled yet."""
    found = planned(sellersync, "--sellers", "800", "--freshness", "5m")
    too_many = planned(sellersync, "--sellers", "8000", "--freshness", "5m")

    assert (found["fits"], too_many["fits"]) == (True, False)
    assert found["sellers"] == 800
    assert found["counted_per"] == "app"
    assert found["best_freshness_seconds"] < 300 < too_many["best_freshness_seconds"]
    assert found["calls"]["orders_pull"]["from"] == "assumed"
    assert 800 < found["most_sellers"] < 8000


def test_the_settings_say_what_is_not_asked(sellersync):
    """Freshness as configured; as many sellers as are connected."""
    found = planned(sellersync)

    assert found["freshness_seconds"] == 300
    assert found["sellers"] == found["connected"] == 0
    assert found["fits"] is True


def test_all_apps_are_planned_and_told_in_words(sellersync):
    """A line each that says the answer, then the figures."""
    ended = sellersync("plan", "--sellers", "8000", "--freshness", "5m")
    text = ended.out.decode()

    assert "tiktok_shop:default:tiktok-key: 8,000 sellers fit" in text
    assert "temu:eu:temu-key: 8,000 sellers DO NOT FIT" in text
    assert "assumed" in text


def test_what_was_learned_counts(sellersync, database, shop_keys):
    """The mean of the shops' pulls of the app."""
    with database.write() as connection:
        for key, calls in zip(shop_keys, (2.0, 7.0), strict=True):
            connection.execute(
                update(streams)
                .where(streams.c.shop_key == key, streams.c.stream == Stream.ORDERS)
                .values(calls=calls, app_id="temu:eu:temu-key")
            )
    pull = planned(sellersync, "--sellers", "10")["calls"]["orders_pull"]

    assert pull == {"calls": 4.5, "from": "learned from 2 shops"}


def test_an_unknown_app_is_said_in_one_line(sellersync):
    """With those that there are."""
    ended = sellersync("plan", "--sellers", "8", "--app", "nobody")

    assert ended.status == 1
    assert "temu:eu:temu-key" in ended.err


def test_no_time_is_no_freshness(sellersync):
    """Wrong usage."""
    assert sellersync("plan", "--sellers", "8", "--freshness", "soon").status == 2
    assert sellersync("plan", "--sellers", "8", "--freshness", "0s").status == 2
    assert sellersync("plan", "--sellers", "0").status == 2
