"""`/metrics` over HTTP, of an installation with sellers, as Prometheus reads it."""

from datetime import timedelta

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.web.sellers import connect_some
from worker.schedule.canaries import sing
from worker.store.canaries import expect_canaries
from worker.store.database import database_now
from worker.store.shops import all_shops

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def connected(web):
    """Return a web face with two sellers and a mall, whose orders were pulled once."""
    return connect_some(web)


def scrape(web):
    """Return all samples: name and labels, and the value."""
    answer = web.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def values(samples, name, **labels):
    """Return the values of one metric whose labels have these values."""
    return [
        value
        for (found, has), value in samples.items()
        if found == name and labels.items() <= dict(has).items()
    ]


def test_all_names_are_ours(connected):
    """Nothing of the library's own, which would be about one process."""
    names = {name for name, _ in scrape(connected)}

    assert len(names) > 30
    assert {name for name in names if not name.startswith("sellersync_")} == set()


def test_sellers_and_their_streams_are_told(connected):
    """By app, state and kind."""
    samples = scrape(connected)
    alive = values(samples, "sellersync_authorizations", state="active")

    assert sorted(alive) == [0, 0, 1, 2]
    assert values(samples, "sellersync_shops", paused="false") == [5]
    assert sum(values(samples, "sellersync_streams", standing="running")) == 10
    ends = values(samples, "sellersync_authorization_ends_in_seconds")
    assert all(364 * 86400 < value < 366 * 86400 for value in ends)
    assert len(ends) == 2


def test_freshness_and_completeness_are_told(connected):
    """The orders that were pulled are fresh; the products that never were, are not."""
    samples = scrape(connected)
    fresh = "sellersync_streams_by_freshness"

    assert sum(values(samples, fresh, stream="orders", le="60")) == 5
    assert sum(values(samples, fresh, stream="products", le="172800")) == 0
    assert sum(values(samples, fresh, stream="products", le="+Inf")) == 5
    never = values(
        samples, "sellersync_streams", stream="products", standing="never_complete"
    )
    assert sum(never) == 5
    assert all(
        0 <= age < 60
        for age in values(samples, "sellersync_stream_oldest_freshness_seconds")
    )


def test_calls_are_told_by_outcome(connected):
    """As many as the marketplaces themselves have counted."""
    connected.here.counts.flush()
    samples = scrape(connected)
    # Other installations of the tests have the same Redis.
    apps = [app.app_id for _, app in connected.here.apps.apps]

    def count(name, **labels):
        return sum(
            sum(values(samples, f"sellersync_{name}", app=app, **labels))
            for app in apps
        )

    asked = sum(sum(app["endpoints"].values()) for app in connected.stats().values())

    assert asked > 10
    assert count("calls_total", outcome="ok") == asked
    assert count("call_duration_seconds_count") == asked
    assert count("call_wait_seconds_bucket", le="+Inf") == asked
    assert count("calls_total", work="tokens") > 0


def test_budgets_and_queues_are_told(connected):
    """Of every configured app, whether it has sellers or not; of every queue."""
    samples = scrape(connected)

    assert values(samples, "sellersync_app_limit_calls_per_second") == [200] * 4
    assert values(samples, "sellersync_app_allowed_ratio") == [1] * 4
    assert all(
        0 <= value < 1 for value in values(samples, "sellersync_app_utilisation_ratio")
    )
    assert len(values(samples, "sellersync_queue_messages")) == 5


def test_a_queue_that_is_served_is_told(connected):
    """By the canary that came through it last."""
    database = connected.here.database
    sing(database, "pull", worker="pull@here")
    with database.write() as connection:
        expect_canaries(
            connection, ["tick"], now=database_now(connection) - timedelta(minutes=5)
        )
    samples = scrape(connected)
    (pull,) = values(samples, "sellersync_queue_silent_seconds", queue="pull")
    (tick,) = values(samples, "sellersync_queue_silent_seconds", queue="tick")

    assert 0 <= pull < 60
    assert 300 <= tick < 400
    assert values(samples, "sellersync_queue_patience_seconds") == [90]


def test_deliveries_are_told_by_their_answer(connected):
    """A forged one is a 401."""
    before = scrape(connected)
    connected.http.post(
        f"{connected.url}/webhooks/tiktok-shop",
        data=b"{}",
        headers={"Authorization": "0" * 64},
        timeout=30,
    )
    name, labels = (
        "sellersync_webhook_deliveries_total",
        {"marketplace": "tiktok_shop", "status": "401"},
    )

    assert values(before, name, **labels) == [0]
    assert values(scrape(connected), name, **labels) == [1]


def test_labels_do_not_grow_with_the_shops(connected):
    """No shop, seller or record is in any label."""
    text = connected.get("/metrics").text
    with connected.here.database.read() as connection:
        shops = [stored.shop for stored in all_shops(connection)]

    assert len(shops) == 5
    assert [shop.shop_id for shop in shops if shop.shop_id in text] == []


def test_openmetrics_is_spoken_too(connected):
    """Prometheus asks for it; the parser is stricter than the other one."""
    answer = connected.http.get(
        f"{connected.url}/metrics",
        headers={"Accept": "application/openmetrics-text; version=1.0.0"},
        timeout=30,
    )

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert len(list(read_openmetrics(answer.text))) > 25


def test_each_shop_has_series_of_its_own_if_they_are_wanted(new_web_face):
    """Its freshness per stream, and until when its seller has agreed."""
    web = connect_some(new_web_face(METRICS__PER_SHOP="true"))
    samples = scrape(web)
    (mall,) = web.sellers()["temu"]["eu"]["malls"][:1]

    (age,) = values(
        samples,
        "sellersync_shop_freshness_seconds",
        shop_key=mall["shop_key"],
        stream="orders",
    )
    assert 0 <= age < 60
    assert len(values(samples, "sellersync_shop_authorization_ends_in_seconds")) == 5


def test_what_does_not_answer_is_told_and_left_out(new_web_face, own_valkey):
    """The other parts are told as ever."""
    server, url = own_valkey
    web = new_web_face(REDIS_URL=url)
    server.terminate()
    samples = scrape(web)

    assert values(samples, "sellersync_up", part="redis") == [0]
    assert values(samples, "sellersync_up", part="database") == [1]
    assert values(samples, "sellersync_queue_messages") == []
    assert len(values(samples, "sellersync_authorizations_ending")) == 3
