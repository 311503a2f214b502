"""Deliveries over HTTP: kept once and durable when they are acknowledged, or refused."""

import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import event, text

from tests.deliveries import delivery_of
from worker.domain.notifications import Delivery
from worker.web.webhooks.receiver import LARGEST

pytestmark = pytest.mark.integration

BOTH = pytest.mark.parametrize("name", ["tiktok_shop", "temu"])


@BOTH
def test_a_genuine_one_is_kept_and_told_to_the_workers(receiver, name):
    """It is there when it is acknowledged; the message follows at once."""
    status = receiver.deliver(name, order_id="order-7", shop_id="4711")
    (row,) = receiver.kept()

    assert status == 200
    assert (row.shop_key.split(":")[0], row.shop_key.split(":")[2]) == (name, "4711")
    assert (row.kind, row.record_ids) == ("order", ["order-7"])
    assert row.due_at == row.received_at
    for _ in range(100):
        if receiver.hints:
            break
        Event().wait(0.05)
    assert receiver.hints == ["hint"]


@BOTH
def test_a_replay_is_acknowledged_and_changes_nothing(receiver, name):
    """Marketplaces deliver again what they think was lost; so may anybody."""
    first = receiver.deliver(name)
    before = receiver.kept()
    again = [receiver.deliver(name) for _ in range(3)]

    assert [first, *again] == [200] * 4
    assert receiver.kept() == before
    assert len(before) == 1


@BOTH
def test_a_forgery_is_refused(receiver, name):
    """And leaves nothing."""
    assert receiver.forge(name) == 401
    assert receiver.post(name, Delivery(headers={}, body=b'{"eventData":""}')) == 401
    assert receiver.kept() == []


def test_signed_for_one_marketplace_is_forged_for_the_other(receiver):
    """The addresses do not share their apps."""
    delivery = delivery_of(receiver.app("tiktok_shop"), order_id="1", shop_id="9")

    assert receiver.post("temu", delivery) == 400
    assert receiver.kept() == []


@BOTH
@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"\xff", b"[" * 99_999])
def test_rubbish_is_refused(receiver, name, body):
    """Without a signature it is a forgery, or cannot even be looked at."""
    assert receiver.post(name, Delivery(headers={}, body=body)) in {400, 401}
    assert receiver.kept() == []


@BOTH
def test_too_much_is_refused(receiver, name):
    """Announced or not, and without reading all of it."""
    body = b"x" * (LARGEST + 1)
    announced = receiver.post(name, Delivery(headers={}, body=body))
    streamed = requests.post(
        f"{receiver.url}/webhooks/{name.replace('_', '-')}",
        data=iter([body[:1000]] * (2 * LARGEST // 1000)),
        timeout=20,
    ).status_code

    assert (announced, streamed) == (413, 413)


def test_a_body_as_large_as_it_may_be_is_read(receiver):
    """It is only not genuine."""
    body = b"x" * LARGEST

    assert receiver.post("tiktok_shop", Delivery(headers={}, body=body)) == 401


def test_only_posts_are_answered(receiver):
    """A browser finds nothing to see."""
    assert requests.get(f"{receiver.url}/webhooks/temu", timeout=5).status_code == 405


def test_whoever_hangs_up_halfway_leaves_nothing(receiver):
    """And the next one is answered."""
    host, _, port = urlsplit(receiver.url).netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"POST /webhooks/temu HTTP/1.1\r\nHost: h\r\n")
        line.sendall(b'Content-Length: 100\r\n\r\n{"eventData"')

    assert receiver.deliver("temu") == 200
    assert len(receiver.kept()) == 1


def test_many_at_once_share_their_commits(receiver):
    """Each is kept once, in far fewer commits than there are deliveries."""
    commits = []
    engine = receiver.here.database._writer  # noqa: SLF001 -- to count them

    @event.listens_for(engine, "commit")
    def count(_):
        commits.append(1)

    apps = [receiver.app(name) for name in ("tiktok_shop", "temu")]
    deliveries = [
        (app.marketplace, delivery_of(app, order_id=n, shop_id="9", number=n))
        for n in range(200)
        for app in apps
    ]
    with ThreadPoolExecutor(40) as crowd:
        # Every tenth comes twice.
        both = [*deliveries, *deliveries[::10]]
        statuses = list(crowd.map(lambda each: receiver.post(*each), both))
    event.remove(engine, "commit", count)

    assert set(statuses) == {200}
    assert len(receiver.kept()) == len(deliveries)
    assert len(commits) < len(both) / 2


def test_while_the_database_is_away_nothing_is_acknowledged(receiver):
    """The marketplace comes again, and then it is kept."""
    with receiver.here.database.write() as connection:
        connection.execute(text("ALTER TABLE notifications RENAME TO elsewhere"))
    away = receiver.deliver("tiktok_shop")
    with receiver.here.database.write() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO notifications"))
    back = receiver.deliver("tiktok_shop")

    assert (away, back) == (503, 200)
    assert len(receiver.kept()) == 1


def test_what_is_no_news_is_acknowledged_and_not_kept(receiver):
    """The button in the portal, events of things that we do not keep."""
    assert receiver.deliver("temu", order_id=None) == 200
    assert receiver.deliver("tiktok_shop", shop_id=None) == 200
    assert receiver.kept() == []
