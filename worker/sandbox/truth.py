"""`GET /truth`, written piece by piece: a large world must not hold up the calls."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import orjson

from worker.sandbox.world.records import Order, Product
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.truth import TruthRow, order_row, product_row

Row = TypeVar("Row", Order, Product)
PIECE = 200  # rows


def truth_pieces(shops: Sequence[Shop]) -> Iterator[bytes]:
    """Yield the JSON of `{"orders": {shop_key: {id: row}}, "products": {…}}` in pieces.

    All pieces tell of the moment of this call: rows never change, they are replaced.
    """
    orders = [(shop, list(shop.orders.true.values())) for shop in shops]
    products = [(shop, list(shop.products.true.values())) for shop in shops]
    return _document(orders, products)


def _document(
    orders: Sequence[tuple[Shop, list[Order]]],
    products: Sequence[tuple[Shop, list[Product]]],
) -> Iterator[bytes]:
    yield b'{"orders":{'
    yield from _stream(orders, order_row)
    yield b'},"products":{'
    yield from _stream(products, product_row)
    yield b"}}"


def _stream(
    shops: Sequence[tuple[Shop, list[Row]]], as_row: Callable[[Shop, Row], TruthRow]
) -> Iterator[bytes]:
    for place, (shop, rows) in enumerate(shops):
        yield b"," if place else b""
        yield orjson.dumps(shop.shop_key) + b":{"
        for start in range(0, len(rows), PIECE):
            piece = {
                row.row_id: as_row(shop, row) for row in rows[start : start + PIECE]
            }
            yield (b"," if start else b"") + orjson.dumps(piece)[1:-1]
        yield b"}"
