"""What the commands put into the queues, and how `--wait` follows it."""

import base64
from typing import Any

import orjson
import pytest
import redis

pytestmark = pytest.mark.integration


@pytest.fixture
def queued(own_valkey, sellersync):
    """Return an installation with a Redis of its own, and a reader of its queues."""
    _, url = own_valkey

    def messages(queue):
        with redis.Redis.from_url(url) as client:
            return [
                orjson.loads(message)
                for message in client.lrange(f"sellersync:{queue}", 0, -1)
            ]

    return sellersync.but(SELLERSYNC_REDIS_URL=url), messages


def task_and_arguments(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a message's task and its keyword arguments."""
    body = orjson.loads(base64.b64decode(message["body"]))
    return message["headers"]["task"], body[1]


def test_pull_enqueues_a_task_for_each_shop(queued, tiktok_shops):
    """By name, with keyword arguments that hold ids only."""
    sellersync, messages = queued
    ended = sellersync("pull", "orders", "--since", "2026-10-01", "--json")

    document = ended.document
    sent = document.pop("task_ids")
    assert document == {"stream": "orders", "enqueued": sorted(tiktok_shops)}
    assert sorted(
        (task, arguments["shop_key"], arguments["since"])
        for task, arguments in map(task_and_arguments, messages("pull"))
    ) == [
        ("tasks.orders.pull", key, "2026-10-01T00:00:00+00:00")
        for key in sorted(tiktok_shops)
    ]
    assert sent == {
        task_and_arguments(message)[1]["shop_key"]: message["headers"]["id"]
        for message in messages("pull")
    }


def test_paused_shops_are_left_out(queued, tiktok_shops):
    """And the person is told on standard error."""
    sellersync, messages = queued
    sellersync("shops", "pause", tiktok_shops[0])
    ended = sellersync("pull", "products")

    assert ended.status == 0
    assert f"left out: {tiktok_shops[0]} is paused" in ended.err
    assert [task_and_arguments(each) for each in messages("pull")] == [
        ("tasks.products.pull", {"shop_key": tiktok_shops[1]})
    ]


def test_refresh_enqueues_one_task_for_each_authorization(queued, tiktok_shops):
    """Two shops of one grant are one refresh."""
    sellersync, messages = queued
    ended = sellersync("refresh", "--force")

    assert ended.status == 0
    assert [task_and_arguments(each) for each in messages("tokens")] == [
        ("tasks.tokens.refresh", {"shop_key": min(tiktok_shops), "force": True})
    ]


def test_wait_ends_when_the_work_is_done(queued, mall):
    """Somebody pulls the stream to its end, and the waiting command says so."""
    sellersync, messages = queued
    waiting = sellersync.start("pull", "orders", "--wait", "--json")
    while not messages("pull"):
        assert waiting.poll() is None
    sellersync("pull", "orders", "--here")
    out, complaints = waiting.communicate(timeout=20)
    shop = orjson.loads(out)["shops"][0]

    assert (waiting.returncode, complaints) == (0, "")
    assert (shop["shop_key"], shop["outcome"]) == (mall, "up_to_date")


def test_wait_fails_when_the_work_fails(queued, mall):
    """Exit status 1 and the reason that the worker wrote down."""
    sellersync, messages = queued
    waiting = sellersync.start("pull", "orders", "--wait")
    while not messages("pull"):
        assert waiting.poll() is None
    sellersync.but(SELLERSYNC_TEMU__EU__APP_KEY="another-key")(
        "pull", "orders", "--here"
    )
    _, complaints = waiting.communicate(timeout=20)

    assert waiting.returncode == 1
    assert complaints.startswith(f"sellersync: orders of {mall}: OperatorError")
    assert complaints.count("\n") == 1


def test_reconcile_enqueues_a_task_behind_everything_else(queued, tiktok_shops):
    """In the queue of slices; the operator's word goes with it, for one shop only."""
    sellersync, messages = queued
    ended = sellersync(
        "reconcile", "products", "--shop", tiktok_shops[0], "--confirm-deletions"
    )

    assert ended.status == 0
    assert [task_and_arguments(each) for each in messages("backfill")] == [
        (
            "tasks.products.reconcile",
            {"shop_key": tiktok_shops[0], "confirm_deletions": True},
        )
    ]
    assert sellersync("reconcile", "orders").status == 0
    assert len(messages("backfill")) == 1 + len(tiktok_shops)
    assert sellersync("reconcile", "orders", "--confirm-deletions").status == 2
