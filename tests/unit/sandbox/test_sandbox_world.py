"""The made-up world: the same for the same seed, always changing, never in the future."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.scenarios import play
from worker.sandbox.world.ledger import Ledger
from worker.sandbox.world.records import Order, Product
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import (
    ORDER_WORDS,
    PRODUCT_WORDS,
    OrderState,
    ProductState,
)


def rows(sandbox: Sandbox) -> list[tuple[Shop, Order | Product]]:
    """Return every row of the world with its shop."""
    found: list[tuple[Shop, Order | Product]] = []
    for shop in sandbox.world.shops():
        found += [(shop, order) for order in shop.orders.true.values()]
        found += [(shop, product) for product in shop.products.true.values()]
    return found


def plain(sandbox: Sandbox) -> list[tuple[str, Order | Product]]:
    """Return every row of the world with its shop's key, to be compared."""
    return [(shop.shop_key, row) for shop, row in rows(sandbox)]


def test_the_same_seed_makes_the_same_world(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    """Shops, rows and changes follow from the seed; another seed makes another world."""
    one, same, other = make_sandbox(seed=7), make_sandbox(seed=7), make_sandbox(seed=8)
    for sandbox in (one, same, other):
        sandbox.world.touch(50)

    assert plain(one) == plain(same)
    assert plain(one) != plain(other)


def test_the_world_has_the_size_that_was_asked_for(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    """Sellers, shops, malls, orders and products are as many as the options say."""
    sandbox = make_sandbox(
        tiktok_sellers=3,
        shops_per_tiktok_seller=1,
        temu_malls_per_zone=2,
        orders_per_shop=4,
        products_per_shop=5,
    )

    keys = Counter(shop.shop_key.rpartition(":")[0] for shop in sandbox.world.shops())
    sizes = {
        (len(shop.orders.true), len(shop.products.true))
        for shop in sandbox.world.shops()
    }
    assert keys == {
        "tiktok_shop:default": 3,
        "temu:us": 2,
        "temu:eu": 2,
        "temu:global": 2,
    }
    assert {(4, 5)} == sizes


def test_a_world_may_be_empty(make_sandbox: Callable[..., Sandbox]) -> None:
    """Without any shop nothing happens; without orders and products shops still live."""
    nobody = make_sandbox(tiktok_sellers=0, temu_malls_per_zone=0)
    new = make_sandbox(orders_per_shop=0, products_per_shop=0)

    nobody.world.touch(10)
    new.world.touch(100)

    assert rows(nobody) == []
    assert {type(row) for _, row in rows(new)} == {Order, Product}


def test_ids_are_unique(make_sandbox: Callable[..., Sandbox]) -> None:
    """No shop, order, line, product or variant has the id of another."""
    sandbox = make_sandbox()
    ids = [shop.shop_id for shop in sandbox.world.shops()]
    for _, row in rows(sandbox):
        ids.append(row.row_id)
        if isinstance(row, Order):
            ids += [line.line_id for line in row.lines]
        else:
            ids += [variant.sku_id for variant in row.variants]

    assert len(set(ids)) == len(ids)


def test_history_ends_a_moment_ago(
    make_sandbox: Callable[..., Sandbox], clock: Any
) -> None:
    """Orders are spread over the history; the newest is a second old."""
    sandbox = make_sandbox(history=timedelta(days=10), orders_per_shop=100)
    now = int(clock())

    for shop in sandbox.world.shops():
        ages = sorted(now - order.created_at for order in shop.orders.true.values())
        assert ages[0] == 1
        assert 9 * 86_400 < ages[-1] <= 10 * 86_400
        assert ages[50] > 3 * 86_400


def test_no_time_lies_in_the_future(
    make_sandbox: Callable[..., Sandbox], clock: Any
) -> None:
    """Whatever happens, created, paid and updated are in this order and not after now."""
    sandbox = make_sandbox()
    for _ in range(20):
        clock.at += 0.9
        sandbox.world.touch(20)

    for _, row in rows(sandbox):
        paid_at = getattr(row, "paid_at", None) or row.created_at
        assert row.created_at <= paid_at <= row.updated_at <= clock()


def test_updates_tie(make_sandbox: Callable[..., Sandbox]) -> None:
    """Some rows of one shop have the same second as their update time."""
    sandbox = make_sandbox(orders_per_shop=200)
    sandbox.world.touch(100)

    for shop in sandbox.world.shops():
        times = Counter(order.updated_at for order in shop.orders.true.values())
        assert max(times.values()) > 1


def test_every_state_has_a_word_at_its_marketplace(
    make_sandbox: Callable[..., Sandbox], clock: Any
) -> None:
    """No order or product gets a state that its marketplace does not have."""
    sandbox = make_sandbox()
    for _ in range(50):
        clock.at += 1
        sandbox.world.touch(40)

    for shop, row in rows(sandbox):
        words: Any = ORDER_WORDS if isinstance(row, Order) else PRODUCT_WORDS
        assert row.state in words[shop.marketplace]


def test_changes_make_versions_and_stamp_them(
    make_sandbox: Callable[..., Sandbox], clock: Any
) -> None:
    """Changes add and move rows; each changed row but Temu's prices is stamped with now."""
    sandbox = make_sandbox()
    before = {(shop.shop_key, row.row_id): row for shop, row in rows(sandbox)}
    clock.at += 1000
    sandbox.world.touch(300)

    kinds = Counter[str]()
    for shop, row in rows(sandbox):
        old = before.get((shop.shop_key, row.row_id))
        if old is None:
            kinds[f"new {type(row).__name__}"] += 1
            assert row.created_at == clock()
        elif old is not row:
            moved = old.state != row.state
            kinds[f"{'moved' if moved else 'changed'} {type(row).__name__}"] += 1
            assert row.version > old.version
            stamped = moved or shop.marketplace == "tiktok_shop"
            assert (row.updated_at if stamped else old.updated_at) == (
                clock() if stamped else row.updated_at
            )
    assert set(kinds) == {
        "new Order",
        "moved Order",
        "new Product",
        "moved Product",
        "changed Product",
    }


def test_a_cancelled_temu_order_wants_nothing(
    make_sandbox: Callable[..., Sandbox], clock: Any
) -> None:
    """At Temu a cancellation takes all units back; at TikTok Shop lines stay as they are."""
    sandbox = make_sandbox(orders_per_shop=100)
    clock.at += 1
    sandbox.world.touch(400)

    quantities: dict[str, set[int]] = {"temu": set(), "tiktok_shop": set()}
    for shop, row in rows(sandbox):
        if isinstance(row, Order) and row.state is OrderState.CANCELLED:
            quantities[shop.marketplace] |= {line.quantity for line in row.lines}
    assert quantities == {"temu": {0}, "tiktok_shop": {1}}


def test_the_last_products_are_brought_back(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    """A shop whose products are all deleted goes on living."""
    sandbox = make_sandbox(products_per_shop=1, orders_per_shop=1)
    for _ in range(30):
        sandbox.world.touch(20)

    states = {row.state for _, row in rows(sandbox) if isinstance(row, Product)}
    assert ProductState.LIVE in states


def test_churn_is_a_rate(make_sandbox: Callable[..., Sandbox]) -> None:
    """Changes add up over short steps to what the rate says; none while frozen."""
    sandbox = make_sandbox(churn=2.5)

    def changes() -> int:
        return sum(row.version + 1 for _, row in rows(sandbox))

    before = changes()
    for _ in range(100):
        sandbox.world.live(0.1)
    sandbox.world.frozen = True
    sandbox.world.live(100)

    assert changes() - before == 25


def test_late_rows_are_true_at_once_and_visible_later(
    make_sandbox: Callable[..., Sandbox], tiktok_caller: Callable[..., Any], clock: Any
) -> None:
    """A late change keeps its update time, and is shown 2-20 s after it."""
    sandbox = make_sandbox(tiktok_sellers=1, shops_per_tiktok_seller=1)
    caller = tiktok_caller(sandbox).connect()
    sandbox.conditions.scenario = play("late-rows")
    start = int(clock())

    def seen() -> int:
        total: int = caller.search_orders({"update_time_ge": start})["total_count"]
        return total

    sandbox.world.touch(200)
    true = [
        order for order in caller.shop.orders.true.values() if order.updated_at == start
    ]
    shown = []
    for _ in range(21):
        clock.at += 1
        shown.append(seen())

    assert shown[0] == 0
    assert shown == sorted(shown)
    assert len(set(shown)) > 2
    assert shown[-1] == len(true) > 0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5), st.none() | st.integers(0, 9)),
        max_size=30,
    )
)
def test_a_ledger_ends_up_showing_the_truth(
    changes: list[tuple[int, int, int | None]],
) -> None:
    """However late versions become visible, in the end the newest of each row is shown."""
    ledger: Ledger[Product] = Ledger()
    versions: Counter[int] = Counter()
    for row, moment, delay in changes:
        product = Product(
            row_id=str(row),
            serial=row,
            version=versions[row],
            title="",
            state=ProductState.LIVE,
            created_at=0,
            updated_at=moment,
            variants=(),
        )
        versions[row] += 1
        ledger.put(product, visible_at=delay)
        ledger.catch_up(3)

    ledger.catch_up(9)

    shown = ledger.updated(None, None)
    page = shown.page(0, len(shown), newest_first=False)
    assert sorted(page, key=lambda row: row.row_id) == sorted(
        ledger.true.values(), key=lambda row: row.row_id
    )
    assert [row.updated_at for row in page] == sorted(row.updated_at for row in page)
