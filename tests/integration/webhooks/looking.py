"""What is told, what a look makes of it, and how the rows stand then."""

from datetime import UTC, datetime

from sqlalchemy import select

from worker.domain.notifications import Kind, Notification
from worker.domain.records import Stream
from worker.store.authorizations import authorization_of_shop
from worker.store.events import recent_events
from worker.store.export import export
from worker.store.notifications import keep_notifications
from worker.store.schema.notifications import notifications


def tell(here, shop_key, *ids, kind=Kind.ORDER, number="1", **fields):
    """Keep a notification as the receiver does."""
    marketplace, zone, shop_id = shop_key.split(":")
    app = here.apps.choose(marketplace, zone)[1]
    notification = Notification(
        notification_id=number,
        kind=kind,
        event="made up",
        shop_id=shop_id,
        record_ids=ids,
        **fields,
    )
    with here.database.write() as connection:
        return keep_notifications(
            connection, [(app, notification)], now=datetime.now(UTC)
        )


def look(here):
    """Claim what waits and look at it, as the tasks do; return what came of it."""
    return [
        here.notifications.look(claim.shop_key, claim.kind, handed=claim.lease_token)
        for claim in here.notifications.claim_waiting()
    ]


def stored(here, shop_key, stream="orders"):
    """Return the rows of a shop by id."""
    key = "order_id" if stream == "orders" else "product_id"
    with here.database.read() as connection:
        return {
            row[key]: row
            for row in export(connection, Stream(stream))
            if row["shop_key"] == shop_key
        }


def rows(here):
    """Return all notifications."""
    with here.database.read() as connection:
        return list(connection.execute(select(notifications)))


def grant_of(here, shop_key):
    """Return the authorization of a shop."""
    with here.database.read() as connection:
        found = authorization_of_shop(connection, shop_key)
    assert found is not None
    return found


def state(here, shop_key):
    """Return the state of the authorization of a shop."""
    return grant_of(here, shop_key).state


def names_of_events(here):
    """Return what an operator was told."""
    with here.database.read() as connection:
        return [event.name for event in recent_events(connection, limit=20)]
