"""Real workers repair what no pull would ever read again, without being asked."""

import pytest
from sqlalchemy import delete, select

from worker.store.database import Database
from worker.store.schema.records import orders

pytestmark = pytest.mark.acceptance


def lose_the_oldest_order(installation, shop_key):
    """Take it out of the database; no window will show it again."""
    database = Database(f"sqlite:///{installation.home / 'sellersync.db'}")
    with database.write() as connection:
        oldest = (
            select(orders.c.order_id)
            .where(orders.c.shop_key == shop_key)
            .order_by(orders.c.updated_at)
            .limit(1)
        )
        lost = connection.execute(
            delete(orders).where(orders.c.order_id == oldest.scalar_subquery())
        )
    database.close()
    assert lost.rowcount == 1


def test_a_lost_order_comes_back(new_installation, new_sandbox, wait_for):
    """The tick hands the reconcile out, a worker makes it, and the status tells it."""
    sandbox = new_sandbox("--sellers", "1", "--orders", "60")
    seller = sandbox.get("/sellers")["tiktok_shop"]["sellers"][0]
    key = seller["shops"][0]["shop_key"]
    installation = new_installation(
        sandbox,
        ORDERS__EVERY="1s",
        PRODUCTS__EVERY="2s",
        ORDERS__RECONCILE_EVERY="4s",
        SCHEDULE__TICK_EVERY="500ms",
    )
    installation.start("up", installation.command("up"))
    connected = installation.run(
        "connect", "tiktok-shop", "--auth-code", "-", given=seller["auth_code"]
    )
    assert connected.returncode == 0, connected.stderr
    assert wait_for(lambda: installation.holds_truth(sandbox, key))
    lose_the_oldest_order(installation, key)

    assert wait_for(lambda: installation.holds_truth(sandbox, key))
    assert wait_for(lambda: '"event": "reconcile_done"' in installation.said("up"))
