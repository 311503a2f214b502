"""From a seller's code to complete data, by commands alone."""

import time
from pathlib import Path
from typing import Any

import pytest

from worker.domain.records import Stream
from worker.store.database import Database
from worker.store.streams import find_stream

pytestmark = pytest.mark.integration


Row = dict[str, Any]


def by_shop(rows: list[Row], id_name: str) -> dict[str, dict[str, Row]]:
    """Arrange exported rows as the sandbox does."""
    arranged: dict[str, dict[str, Row]] = {}
    for row in rows:
        arranged.setdefault(row["shop_key"], {})[row[id_name]] = row
    return arranged


def is_claimed(file: Path, shop_key: str) -> bool:
    """Tell whether somebody pulls the shop's products right now."""
    database = Database(f"sqlite:///{file}")
    with database.read() as connection:
        found = find_stream(connection, shop_key, Stream.PRODUCTS)
    database.close()
    return found is not None and found.lease_token is not None


@pytest.mark.usefixtures("settled")
def test_connect_pull_export_equals_the_truth(sellersync, sandbox):
    """Every order and product of every connected seller is exported as it truly is."""
    sellers = sandbox.sellers()
    connected = [
        sellersync("connect", "tiktok-shop", "--auth-code", seller["auth_code"])
        for seller in sellers["tiktok_shop"]["sellers"]
    ]
    connected += [
        sellersync("connect", "temu", "--zone", zone, "--code", mall["code"])
        for zone, app in sellers["temu"].items()
        for mall in app["malls"]
    ]
    pulled = [sellersync("pull", each, "--here") for each in ("orders", "products")]
    orders = sellersync("export", "orders").rows
    products = sellersync("export", "products").rows

    assert {each.status for each in [*connected, *pulled]} == {0}
    assert by_shop(orders, "order_id") == sandbox.truth("orders")
    assert by_shop(products, "product_id") == sandbox.truth("products")


def test_the_token_may_come_from_standard_input(sellersync, sandbox):
    """The country picks the zone; the token is in no output and in no file."""
    mall = sandbox.sellers()["temu"]["eu"]["malls"][0]
    ended = sellersync(
        *("connect", "temu", "--country", "DE", "--access-token", "-", "--json"),
        stdin=mall["access_token"] + "\n",
    )
    files = [file for file in sellersync.folder.rglob("*") if file.is_file()]

    assert ended.document == {
        "marketplace": "temu",
        "zone": "eu",
        "seller": None,
        "shops": [
            {
                "shop_key": mall["shop_key"],
                "name": None,
                "region": mall["region"],
                "is_new": True,
            }
        ],
    }
    assert mall["access_token"] not in ended.out + ended.err
    assert not any(mall["access_token"].encode() in file.read_bytes() for file in files)


def test_connecting_again_adds_no_shop(sellersync, sandbox, tiktok_shops):
    """The same seller with a new code keeps the shops, and they are not new any more."""
    code = sandbox.sellers()["tiktok_shop"]["sellers"][0]["auth_code"]
    again = sellersync(
        "connect", "tiktok-shop", "--auth-code", "-", "--json", stdin=code
    )

    assert [shop["is_new"] for shop in again.document["shops"]] == [False, False]
    assert sorted(tiktok_shops) == [
        row["shop_key"] for row in sellersync("shops", "--json").document
    ]


@pytest.mark.usefixtures("settled")
def test_pull_here_counts_what_it_did(sellersync, mall):
    """The first pull adds everything, `--since` reads again and finds it unchanged."""
    first = sellersync("pull", "orders", "--here", "--json").document["shops"][0]
    again = sellersync("pull", "orders", "--since", "300d", "--here", "--json").document

    assert (first["shop_key"], first["outcome"], first["added"]) == (
        *(mall, "up_to_date"),
        120,
    )
    assert (again["shops"][0]["added"], again["shops"][0]["unchanged"]) == (0, 120)


@pytest.mark.usefixtures("settled")
def test_pull_here_reads_several_slices_of_history_at_once(
    sellersync, sandbox, mall, tmp_path
):
    """Far faster than one after the other, and each order is counted once."""
    small_slices = tmp_path / "site"
    small_slices.mkdir()
    (small_slices / "sitecustomize.py").write_text(
        "import worker.sync.slices\nworker.sync.slices.COMFORTABLE = 10\n"
    )
    many = sellersync.but(PYTHONPATH=str(small_slices))
    sandbox.tell(latency_ms=1500)
    began = time.monotonic()
    try:
        first = many("pull", "orders", "--here", "--json").document["shops"][0]
    finally:
        sandbox.tell(latency_ms=0)
    took = time.monotonic() - began
    (shop,) = sellersync("status", "--json").document["shops"]
    orders = shop["streams"]["orders"]

    assert (first["shop_key"], first["outcome"], first["added"]) == (
        *(mall, "up_to_date"),
        120,
    )
    assert orders["slices"] >= 12
    assert took < 1.5 * orders["slices"]


def test_the_embedded_broker_is_there_for_the_command_and_gone_after_it(
    sellersync, sandbox
):
    """Without any Redis, connecting and pulling here work all the same."""
    embedded = sellersync.without_redis()
    code = sandbox.sellers()["temu"]["us"]["malls"][0]["code"]
    connected = embedded("connect", "temu", "--country", "US", "--code", code)
    pulled = embedded("pull", "products", "--here")
    status = embedded("status", "--json").document

    assert (connected.status, pulled.status) == (0, 0)
    assert {app["calls_per_second"] for app in status["apps"]} == {None}


def test_changes_are_read_from_a_place_on(sellersync, mall):
    """Each seq once, in order; nothing after the last one."""
    sellersync("pull", "products", "--here")
    first = sellersync("changes", "--limit", "7").rows
    rest = sellersync("changes", "--after", str(first[-1]["seq"])).rows
    after_all = sellersync("changes", "--after", str(rest[-1]["seq"]))
    everything = sellersync("changes").rows

    assert len(first) == 7
    assert first + rest == everything
    assert {row["shop_key"] for row in everything} == {mall}
    assert (after_all.status, after_all.out) == (0, "")


def test_export_keeps_to_shop_time_and_form(sellersync, tiktok_shops):
    """`--shop`, `--since` and `--raw` narrow and widen the lines."""
    sellersync("pull", "orders", "--here")
    everything = sellersync("export", "orders", "--shop", tiktok_shops[0]).rows
    middle = sorted(row["updated_at"] for row in everything)[60]
    newer = sellersync(
        *("export", "orders", "--shop", tiktok_shops[0], "--since", middle, "--raw")
    ).rows

    assert {row["shop_key"] for row in everything} == {tiktok_shops[0]}
    assert [{**row, "raw": None} for row in newer] == [
        {**row, "raw": None} for row in everything if row["updated_at"] >= middle
    ]
    assert {row["raw"]["id"] for row in newer} == {row["order_id"] for row in newer}


def test_a_reader_that_has_seen_enough_is_no_failure(sellersync, tiktok_shops):
    """`sellersync export … | head -1` ends well."""
    del tiktok_shops
    sellersync("pull", "orders", "--here")
    process = sellersync.start("export", "orders", "--raw")
    process.stdout.readline()
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    process.stdin.close()

    assert (process.wait(20), complaints) == (0, "")


def test_following_changes_ends_well(sellersync, mall):
    """New changes are printed as they come; Ctrl-C is the good end."""
    del mall
    process = sellersync.start("changes", "--follow")
    sellersync("pull", "products", "--here")
    line = process.stdout.readline()
    process.send_signal(2)
    _, complaints = process.communicate(timeout=20)

    assert '"kind":"added"' in line
    assert (process.returncode, complaints) == (0, "")


def test_ctrl_c_gives_the_stream_back(sellersync, sandbox, mall):
    """The pull ends at its next page; another one goes on at once, not after the lease."""
    sandbox.tell(latency_ms=1500)
    try:
        process = sellersync.start("pull", "products", "--here")
        while not is_claimed(sellersync.folder / "home" / "sellersync.db", mall):
            assert process.poll() is None
        process.send_signal(2)
        process.communicate(timeout=20)
    finally:
        sandbox.tell(latency_ms=0)
    left = sellersync("status", "--json").document["shops"][0]["streams"]["products"]
    again = sellersync("pull", "products", "--here", "--json", within=20).document

    assert process.returncode == 130
    assert (left["watermark"], left["failures"]) == (None, 0)
    assert again["shops"][0]["outcome"] == "up_to_date"
