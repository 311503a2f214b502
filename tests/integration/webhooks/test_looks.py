"""What a marketplace told is looked at: by id, ahead of the polls, and never believed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.deliveries import tiktok_shop
from tests.integration.webhooks.looking import look, rows, stored, tell
from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted, BudgetUnavailable, RetryLater
from worker.domain.notifications import Kind
from worker.store.export import changes_after
from worker.store.notifications import (
    claim_notifications,
    purge_notifications,
    waiting_notifications,
)
from worker.store.removal import remove_shop
from worker.store.resting import pause_shop
from worker.store.schema.notifications import notifications
from worker.store.schema.reads import page_reads
from worker.store.schema.streams import streams

pytestmark = pytest.mark.integration

KINDS = {"orders": Kind.ORDER, "products": Kind.PRODUCT}


BOTH = pytest.mark.parametrize("shop", ["tiktok_shop_key", "temu_key"], indirect=True)


@BOTH
@pytest.mark.parametrize("stream", ["orders", "products"])
def test_a_record_is_read_by_its_id(here, sandbox, shop, stream):
    """It is in the database as the marketplace has it, and nothing else is."""
    truth = sandbox.truth(stream, shop)
    # Deleted and frozen products are not given by their id.
    wanted = min(
        key for key, row in truth.items() if row["status"] not in {"deleted", "frozen"}
    )
    tell(here, shop, wanted, kind=KINDS[stream])
    (looked,) = look(here)

    assert looked.facts() == {
        "outcome": "read",
        "notifications": 1,
        "records": 1,
        "added": 1,
        "updated": 0,
        "unchanged": 0,
        "reason": None,
    }
    assert stored(here, shop, stream) == {wanted: truth[wanted]}
    assert [row.outcome for row in rows(here)] == ["read"]
    assert look(here) == []


@BOTH
def test_many_of_one_shop_are_one_message_and_few_calls(here, sandbox, shop):
    """They are told one by one, and read together."""
    truth = sandbox.truth("orders", shop)
    for number, order_id in enumerate(sorted(truth)[:20]):
        tell(here, shop, order_id, number=str(number))
        tell(here, shop, order_id, number=f"again {number}")
    (looked,) = look(here)

    assert (looked.notifications, looked.records) == (40, 20)
    assert len(stored(here, shop)) == 20
    with here.database.read() as connection:
        (read,) = connection.execute(select(page_reads))
        assert waiting_notifications(connection) == (0, None)
    assert (read.section, read.rows) == ("webhook", 20)
    assert len(read.calls) == (1 if shop.startswith("tiktok") else 20)


@BOTH
def test_a_hint_writes_no_state(here, sandbox, shop):
    """An order that does not exist, and one that has not changed, change nothing."""
    known = min(sandbox.truth("orders", shop))
    tell(here, shop, known)
    look(here)
    tell(here, shop, known, number="2")
    tell(here, shop, "576000000000000000", number="3")
    (looked,) = look(here)

    assert (looked.written.unchanged, looked.written.added) == (1, 0)
    assert set(stored(here, shop)) == {known}
    with here.database.read() as connection:
        assert len(changes_after(connection, 0, limit=9)) == 1


def test_a_message_that_comes_twice_finds_nothing(here, sandbox, tiktok_shop_key):
    """The lease is swapped by whoever comes first."""
    tell(here, tiktok_shop_key, min(sandbox.truth("orders", tiktok_shop_key)))
    (claim,) = here.notifications.claim_waiting()
    first = here.notifications.look(
        claim.shop_key, claim.kind, handed=claim.lease_token
    )
    second = here.notifications.look(
        claim.shop_key, claim.kind, handed=claim.lease_token
    )

    assert first is not None
    assert second is None


def test_a_message_that_got_lost_costs_one_lease(here, tiktok_shop_key):
    """Nobody else gets it before, and somebody does afterwards."""
    tell(here, tiktok_shop_key, "1")
    now = datetime.now(UTC)

    def claimed(token, at):
        with here.database.write() as connection:
            return claim_notifications(
                connection,
                token=token,
                now=at,
                until=at + timedelta(minutes=3),
                limit=9,
            )

    assert len(claimed("lost", now + timedelta(seconds=1))) == 1
    assert claimed("other", now + timedelta(minutes=2)) == []
    assert len(claimed("other", now + timedelta(minutes=4))) == 1


class Refusing:
    """A gateway whose marketplace answers with an error."""

    def __init__(self, error):
        self.error = error
        self.works = []

    def converse(self, conversation, *, work, **_):
        """Refuse."""
        conversation.close()
        self.works.append(work)
        raise self.error


def with_gateway(here, gateway):
    """Return the same runtime with another gateway."""
    from dataclasses import replace  # noqa: PLC0415 -- for this alone

    return replace(here, gateway=gateway)


def due_now(here):
    """Let the time pass until everything is due again."""
    with here.database.write() as connection:
        connection.execute(
            update(notifications)
            .where(notifications.c.due_at.is_not(None))
            .values(due_at=datetime.now(UTC) - timedelta(seconds=1))
        )


@pytest.mark.parametrize(
    ("error", "failures"),
    [
        (RetryLater("orders", "down"), 1),
        (BudgetExhausted(retry_after=timedelta(seconds=9)), 0),
        (BudgetUnavailable("Redis"), 0),
    ],
)
def test_what_fails_is_tried_again_later(
    here, sandbox, tiktok_shop_key, error, failures
):
    """Ahead of the polls, in their own class of the budget."""
    wanted = min(sandbox.truth("orders", tiktok_shop_key))
    tell(here, tiktok_shop_key, wanted)
    gateway = Refusing(error)
    look(with_gateway(here, gateway))
    (row,) = rows(here)

    assert gateway.works == [Work.WEBHOOK]
    assert row.failures == failures
    assert row.due_at > datetime.now(UTC)
    assert row.lease_token is None
    assert look(here) == []
    due_now(here)
    look(here)
    assert set(stored(here, tiktok_shop_key)) == {wanted}


def test_what_fails_for_ever_is_left_to_the_polls(here, tiktok_shop_key):
    """A hint is not worth more than that."""
    tell(here, tiktok_shop_key, "1")
    failing = with_gateway(here, Refusing(RetryLater("orders", "down")))
    for _ in range(9):
        due_now(here)
        look(failing)
    (row,) = rows(here)

    assert row.due_at is None
    assert row.outcome == "left to the pulls: RetryLater"


@pytest.mark.parametrize("reason", ["paused", "disabled", "removed", "stranger"])
def test_what_rests_is_not_read(here, tiktok_shop_key, reason):
    """Nothing is asked, and nothing waits; the next pull brings it."""
    key = tiktok_shop_key if reason != "stranger" else "tiktok_shop:default:404"
    with here.database.write() as connection:
        if reason == "paused":
            pause_shop(connection, key, reason="by hand")
        elif reason == "disabled":
            connection.execute(update(streams).values(disabled="no scope"))
        elif reason == "removed":
            remove_shop(connection, key)
    tell(here, key, "1")
    gateway = Refusing(AssertionError("nothing may be asked"))
    (looked,) = look(with_gateway(here, gateway))

    assert gateway.works == []
    assert looked.outcome == {
        "removed": "not_connected",
        "stranger": "not_connected",
    }.get(reason, reason)
    assert rows(here)[0].due_at is None


def test_removing_a_shop_leaves_nothing_of_it(here, tiktok_shop_key):
    """The ids of its buyers' orders neither."""
    tell(here, tiktok_shop_key, "1")
    with here.database.write() as connection:
        remove_shop(connection, tiktok_shop_key)

    assert rows(here) == []


def test_old_ones_are_let_go(here, tiktok_shop_key):
    """All that came before a moment."""
    tell(here, tiktok_shop_key, "1")
    with here.database.write() as connection:
        kept = purge_notifications(
            connection, before=datetime.now(UTC) - timedelta(days=1)
        )
        gone = purge_notifications(
            connection, before=datetime.now(UTC) + timedelta(days=1)
        )

    assert (kept, gone) == (0, 1)
    assert rows(here) == []


def test_from_the_post_to_the_row(here, sandbox, receiver, tiktok_shop_key):
    """Delivered over HTTP, looked at, there."""
    truth = sandbox.truth("orders", tiktok_shop_key)
    wanted = sorted(truth)[3]
    status = receiver.post(
        "tiktok_shop",
        tiktok_shop(
            receiver.app("tiktok_shop"),
            {
                "type": 1,
                "tts_notification_id": "77",
                "shop_id": tiktok_shop_key.split(":")[2],
                "data": {"order_id": wanted, "order_status": "DELIVERED"},
            },
        ),
    )
    look(here)

    assert status == 200
    assert stored(here, tiktok_shop_key) == {wanted: truth[wanted]}
