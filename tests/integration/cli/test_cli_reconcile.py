"""`sellersync reconcile --here`: the real conversations, over HTTP, repair a database."""

import pytest
from sqlalchemy import delete, insert, update

from worker.store.database import Database
from worker.store.schema.records import orders, products, raw_payloads, variants

pytestmark = pytest.mark.integration


@pytest.fixture
def database(sellersync):
    """Return the installation's database."""
    found = Database(f"sqlite:///{sellersync.folder / 'home' / 'sellersync.db'}")
    yield found
    found.close()


def damage(database, key):
    """Lose the oldest order, miss a stock change, hold a product that nobody knows."""
    with database.write() as connection:
        which = orders.c.shop_key == key
        lost = connection.execute(
            orders.select().where(which).order_by(orders.c.updated_at).limit(1)
        ).one()
        connection.execute(
            delete(orders).where(which, orders.c.order_id == lost.order_id)
        )
        connection.execute(
            delete(raw_payloads).where(raw_payloads.c.record_id == lost.order_id)
        )
        stale = connection.execute(
            products.select()
            .where(products.c.shop_key == key, products.c.status == "live")
            .limit(1)
        ).one()
        connection.execute(
            update(variants)
            .where(variants.c.product_id == stale.product_id)
            .values(stock=-1)
        )
        connection.execute(
            update(products)
            .where(products.c.product_id == stale.product_id)
            .values(content_hash=b"another")
        )
        ghost = {**stale._mapping, "product_id": "999", "content_hash": b"ghost"}  # noqa: SLF001 -- SQLAlchemy's public name
        connection.execute(insert(products).values(**ghost))


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("seller", ["tiktok", "temu"])
def test_a_damaged_database_equals_the_truth_again(
    sellersync, sandbox, database, seller, request
):
    """What was lost is back, what was stale is true, and what nobody knows is deleted."""
    fixture = {"tiktok": "tiktok_shops", "temu": "mall"}[seller]
    keys = request.getfixturevalue(fixture)
    key = keys if isinstance(keys, str) else keys[0]
    for stream in ("orders", "products"):
        assert sellersync("pull", stream, "--shop", key, "--here").status == 0
    damage(database, key)
    results = {}
    for stream in ("orders", "products"):
        ended = sellersync("reconcile", stream, "--shop", key, "--here", "--json")
        assert ended.status == 0, ended.err
        (results[stream],) = ended.document["shops"]

    assert {row["order_id"]: row for row in sellersync("export", "orders").rows} == (
        sandbox.truth("orders")[key]
    )
    shown = {row["product_id"]: row for row in sellersync("export", "products").rows}
    ghost = shown.pop("999")
    assert shown == sandbox.truth("products")[key]
    assert ghost["status"] == "deleted"
    counted = {
        stream: tuple(result[name] for name in ("added", "updated", "deleted"))
        for stream, result in results.items()
    }
    assert counted == {"orders": (1, 0, 0), "products": (0, 1, 1)}
    (status,) = [
        row
        for row in sellersync("status", "--json").document["shops"]
        if row["shop_key"] == key
    ]
    assert status["streams"]["products"]["reconcile"]["result"]["deleted"] == 1


def test_a_stream_that_was_never_pulled_says_what_to_do(sellersync, tiktok_shops):
    """There is nothing to compare with."""
    ended = sellersync("reconcile", "orders", "--shop", tiktok_shops[0], "--here")

    assert ended.status == 1
    assert "`sellersync pull orders" in ended.err
