"""How long one signature takes, for a 2 KB body."""

from statistics import median
from timeit import repeat

import orjson
from rich.table import Table

from worker.marketplaces.temu import signing as temu
from worker.marketplaces.tiktok_shop import signing as tiktok_shop

_ROUNDS = 7
_SIGNATURES = 5_000
_SECRET = "made-up-secret-for-the-bench"
_QUERY = {
    "app_key": "benchkey",
    "page_size": "100",
    "page_token": "bWFkZS11cCtwYWdlL3Rva2Vu",
    "shop_cipher": "ROW_madeUpCipher",
    "sort_field": "update_time",
    "sort_order": "ASC",
    "timestamp": "1760000000",
}


def measure() -> Table:
    """Return the table: microseconds a signature, median of several rounds."""
    body = orjson.dumps({"order_ids": [f"57646141303{n:07}" for n in range(97)]})
    params: dict[str, object] = {
        "access_token": "made-up-access-token",
        "app_key": "benchkey",
        "data_type": "JSON",
        "pageNo": 1,
        "pageSize": 100,
        "skuIdList": [17592352000000 + n for n in range(120)],
        "skuSearchType": 2,
        "timestamp": 1760000000,
        "type": "bg.local.goods.sku.list.query",
    }
    table = Table(title="Signing")
    for heading in ("marketplace", "body", "µs a signature", "goal"):
        table.add_column(heading, justify="right")
    for name, size, sign in (
        (
            "TikTok Shop",
            len(body),
            lambda: tiktok_shop.sign(_SECRET, "/order/202309/orders", _QUERY, body),
        ),
        ("Temu", len(orjson.dumps(params)), lambda: temu.sign(_SECRET, params)),
    ):
        rounds = repeat(sign, number=_SIGNATURES, repeat=_ROUNDS)
        each = median(rounds) / _SIGNATURES * 1e6
        table.add_row(name, f"{size:,} bytes", f"{each:.1f}", "< 25")
    return table
