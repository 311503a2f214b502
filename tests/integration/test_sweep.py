"""A sweep over real payloads: what is older than its term goes, and it ends by itself."""

from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from cryptography.fernet import Fernet

from config.settings import Settings
from tests.integration.store.made_up import APP, DAY, grant, shop
from worker.domain.calls import HttpReply
from worker.domain.pages import PageRequest, Window
from worker.domain.records import Stream
from worker.marketplaces.tiktok_shop import MARKETPLACE
from worker.retention.sweep import Terms, sweep, without_persons
from worker.runtime import build_runtime
from worker.store.apps import remember_app
from worker.store.database import database_now
from worker.store.export import export
from worker.store.feed import purged_through
from worker.store.grants import adopt_grant
from worker.store.page_reads import PageRead, log_page_read
from worker.store.pages import write_page
from worker.store.sealing import Sealer
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration

SAMPLE = Path(__file__).parents[1] / "samples" / "tiktok_shop" / "orders_search.json"
KEY = Fernet.generate_key().decode()
FOR_EVER = Terms(changes=None, page_reads=None, personal_data=None)


def sampled_page(now):
    """Return the page of the documentation's reply."""
    request = PageRequest(stream=Stream.ORDERS, shop=shop(), window=Window(None, now))
    conversation = MARKETPLACE.page(request)
    call = next(conversation)
    reply = HttpReply(status=200, headers={}, body=SAMPLE.read_bytes())
    with pytest.raises(StopIteration) as ended:
        conversation.send(MARKETPLACE.read(call, reply))
    return ended.value.value


@pytest.fixture
def filled(database):
    """Return a database with an order that was read 100 days ago."""
    with database.write() as connection:
        now = database_now(connection)
        then = now - 100 * DAY
        sealer = Sealer((KEY,))
        remember_app(connection, APP, now=then)
        seller = adopt_grant(
            connection, APP, grant(), sealer=sealer, now=then, refresh_at=now
        )
        (key,) = remember_shops(connection, seller, [shop()], now=then, takes=True)
        read = PageRead(
            shop_key=key,
            stream=Stream.ORDERS,
            turn="turn",
            window_start=None,
            window_end=then,
            section="",
            seen_before=0,
            step="complete",
            rows=1,
            total=1,
            calls=[],
            milliseconds=1,
        )
        write_page(
            connection,
            Stream.ORDERS,
            sampled_page(then).records,
            marketplace=MARKETPLACE.name,
            shop_key=key,
            now=then,
            read_id=log_page_read(connection, read, now=then),
        )
    return database


def the_order(database):
    """Return the one order with its payload."""
    with database.read() as connection:
        (found,) = export(connection, Stream.ORDERS, raw=True)
    return found


def test_everything_that_is_due_is_done_once(filled):
    """The second sweep finds nothing."""
    terms = Terms(changes=90 * DAY, page_reads=30 * DAY, personal_data=90 * DAY)
    first, second = sweep(filled, terms), sweep(filled, terms)
    found = the_order(filled)

    assert first == {
        "payloads_blanked": 1,
        "changes_blanked": 1,
        "changes_purged": 1,
        "page_reads_purged": 1,
    }
    assert second == {}
    assert found["buyer_note"] is None
    assert found["raw"]["recipient_address"]["name"] is None
    assert found["raw"]["recipient_address"]["region_code"] == "US"
    assert found["total_amount"] == found["raw"]["payment"]["total_amount"]
    with filled.read() as connection:
        assert purged_through(connection) == 1


@pytest.mark.parametrize(
    "terms",
    [
        FOR_EVER,
        Terms(changes=101 * DAY, page_reads=101 * DAY, personal_data=101 * DAY),
    ],
    ids=["for ever", "longer"],
)
def test_what_is_kept_longer_stays(filled, terms):
    """Or for ever."""
    before = the_order(filled)

    assert sweep(filled, terms) == {}
    assert the_order(filled) == before
    assert before["raw"]["recipient_address"]["name"] == "David Kong"


def test_a_sweep_stops_when_it_is_told_to(filled):
    """A worker that shuts down, or time that is up: the next one goes on."""
    terms = Terms(changes=90 * DAY, page_reads=30 * DAY, personal_data=90 * DAY)

    assert sweep(filled, terms, should_stop=lambda: True) == {}
    assert sweep(filled, terms, longest=timedelta(0)) == {}
    assert sweep(filled, terms)["payloads_blanked"] == 1


def test_a_payload_of_a_marketplace_that_nobody_knows_is_forgotten_whole():
    """Its folder was taken out, and with it what would say which parts are personal."""
    payload = orjson.dumps({"name": "Ann"}).decode()

    assert without_persons("gone:default:1", Stream.ORDERS, payload) == "null"


@pytest.mark.parametrize(
    ("personal_data", "feed", "expected"),
    [
        ("90d", "90d", {"payloads_blanked", "changes_blanked", "changes_purged"}),
        ("never", "90d", {"changes_purged"}),
        ("90d", "forever", {"payloads_blanked", "changes_blanked"}),
        ("101d", "101d", set()),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_settings_say_how_long(
    filled, monkeypatch, tmp_path, personal_data, feed, expected
):
    """The task of the beat does what the runtime does."""
    for name, value in {
        "HOME": str(tmp_path),
        "ENCRYPTION_KEYS": KEY,
        "DATABASE_URL": filled.engine.url.render_as_string(),
        "RETENTION__PERSONAL_DATA": personal_data,
        "RETENTION__PAGE_READS": "forever",
        "FEED__KEEP": feed,
    }.items():
        monkeypatch.setenv(f"SELLERSYNC_{name}", value)
    here = build_runtime(Settings())
    try:
        done = here.upkeep.sweep()
    finally:
        here.close()

    assert done.keys() == expected
