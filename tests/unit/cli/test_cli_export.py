"""`sellersync export` into files: Parquet with its types, whole or not at all."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal

import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.integration.store.made_up import NOW, line, order, product, variant, write
from worker.cli import parquet as writer
from worker.domain.errors import OperatorError
from worker.domain.records import Stream
from worker.store.forms import plain

SECOND = timedelta(seconds=1)


@pytest.fixture
def filled(database, shop_keys):
    """Return the database with records that have all that a record can have."""
    write(
        database,
        order("1", lines=(line("b", unit_price=Decimal("0.10")), line("a"))),
        order("2", currency=None, total_amount=None, updated_at=None),
        order("3", total_amount=Decimal("1E+3"), paid_at=NOW + SECOND / 4),
        shop_key=shop_keys[0],
    )
    write(
        database,
        product("1", variants=(variant("z"), variant("y", stock=None, price=None))),
        shop_key=shop_keys[1],
    )
    return database


def as_exported(value):
    """Return a value of a file as an export has it, to compare the two."""
    if isinstance(value, dict):
        return {name: as_exported(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_exported(each) for each in value]
    return plain(value)


def with_numbers(value, names=("total_amount", "unit_price", "price")):
    """Return an exported row with amounts as numbers: 12.50 and 12.500000000 are the same."""
    if isinstance(value, dict):
        return {
            name: Decimal(each)
            if name in names and each is not None
            else with_numbers(each)
            for name, each in value.items()
        }
    return [with_numbers(each) for each in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("stream", Stream)
def test_a_parquet_file_has_the_rows_of_the_json_lines(sellersync, tmp_path, stream):
    """The same fields in the same order, with the same values."""
    file = tmp_path / "rows.parquet"
    lines = sellersync("export", stream.value).out.splitlines()
    ended = sellersync(
        *("export", stream.value, "--format", "parquet", "--output", str(file))
    )
    found = [as_exported(row) for row in parquet.read_table(file).to_pylist()]
    expected = [orjson.loads(row) for row in lines]

    assert (ended.status, ended.out, ended.err) == (0, b"", "")
    assert expected
    assert with_numbers(found) == with_numbers(expected)
    assert [list(row) for row in found] == [list(row) for row in expected]


@pytest.mark.usefixtures("filled")
def test_times_and_money_have_their_types(sellersync, tmp_path):
    """No text that a reader would have to understand first."""
    file = tmp_path / "orders.parquet"
    sellersync(
        *("export", "orders", "--format", "parquet", "--raw"),
        *("--output", str(file)),
    )
    table = parquet.read_table(file)
    first = table.to_pylist()[0]

    assert table.schema.field("updated_at").type == pa.timestamp("ms", tz="UTC")
    assert table.schema.field("total_amount").type == pa.decimal128(38, 9)
    lines = table.schema.field("lines").type.value_type
    assert lines.field("unit_price").type == pa.decimal128(38, 9)
    assert lines.field("quantity").type == pa.int64()
    assert first["updated_at"] == NOW
    assert first["total_amount"] == Decimal("12.50")
    assert json.loads(first["raw"])["id"] == "1"


@pytest.mark.usefixtures("shop_keys")
def test_nothing_is_an_empty_table_with_all_columns(sellersync, tmp_path):
    """A reader's query does not fail on the first day."""
    file = tmp_path / "orders.parquet"
    sellersync("export", "orders", "--format", "parquet", "--output", str(file))
    table = parquet.read_table(file)

    assert table.num_rows == 0
    assert {"order_id", "total_amount", "lines"} <= set(table.column_names)


def test_rows_are_written_group_by_group(tmp_path):
    """So that memory does not grow with the shop."""
    rows = (row_of(number) for number in range(25_000))
    with (tmp_path / "orders.parquet").open("wb") as file:
        writer.write_parquet(file, Stream.ORDERS, rows, raw=False)
    groups = parquet.ParquetFile(tmp_path / "orders.parquet").metadata

    assert [groups.row_group(place).num_rows for place in range(3)] == [
        10_000,
        10_000,
        5_000,
    ]


def row_of(number=1, **fields):
    """Return an exported row."""
    return {
        "marketplace": "temu",
        "shop_key": "temu:eu:1",
        "order_id": str(number),
        "status": "to_ship",
        "marketplace_status": None,
        "currency": "EUR",
        "total_amount": "12.50",
        "created_at": None,
        "updated_at": "2026-11-22T12:00:00Z",
        "paid_at": None,
        "buyer_note": None,
        "lines": [],
        **fields,
    }


@pytest.mark.parametrize(
    "amount", ["0.0000000001", "1" + "0" * 29, "-" + "9" * 40, "12345.67890123456"]
)
def test_an_amount_that_does_not_fit_is_refused_not_rounded(tmp_path, amount):
    """The line names the field and the record."""
    with (
        (tmp_path / "orders.parquet").open("wb") as file,
        pytest.raises(OperatorError, match="total_amount of 7 has more digits"),
    ):
        writer.write_parquet(
            file, Stream.ORDERS, [row_of(7, total_amount=amount)], raw=False
        )


@pytest.mark.parametrize(
    "amount", ["0", "12.5000000000000", "1E+3", "-0.01", "9" * 29 + "." + "9" * 9]
)
def test_an_amount_that_fits_is_written_exactly(tmp_path, amount):
    """Zeros at its end are no digits."""
    file = tmp_path / "orders.parquet"
    with file.open("wb") as open_file:
        writer.write_parquet(
            open_file, Stream.ORDERS, [row_of(total_amount=amount)], raw=False
        )

    assert parquet.read_table(file)["total_amount"].to_pylist() == [Decimal(amount)]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_file_that_fails_leaves_what_was_there(
    sellersync, database, shop_keys, tmp_path, form
):
    """A reader never finds half a file, nor a leftover beside it."""
    file = tmp_path / "orders"
    file.write_text("of yesterday")
    write(
        database,
        order("broken", total_amount=Decimal("0.0000000001")),
        shop_key=shop_keys[0],
    )
    if form == "jsonl":
        # Its parent is no folder, so the last step fails.
        file.unlink()
        file.mkdir()
    ended = sellersync("export", "orders", "--format", form, "--output", str(file))

    assert ended.status == 1
    assert ended.err.count("\n") == 1
    assert form == "jsonl" or file.read_text() == "of yesterday"
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.usefixtures("filled")
def test_json_lines_go_into_a_file_too(sellersync, tmp_path):
    """The same bytes as on standard output."""
    file = tmp_path / "orders.jsonl"
    printed = sellersync("export", "orders").out
    sellersync("export", "orders", "--output", str(file))

    assert file.read_bytes() == printed


def test_parquet_needs_a_file(sellersync):
    """It is no text for a terminal."""
    ended = sellersync("export", "orders", "--format", "parquet")

    assert ended.status == 2
    assert "add --output FILE" in ended.err


@pytest.mark.usefixtures("shop_keys")
def test_a_folder_that_is_not_there_is_named(sellersync, tmp_path):
    """And what to do about it."""
    ended = sellersync("export", "orders", "--output", str(tmp_path / "no" / "file"))

    assert ended.status == 1
    assert f"there is no folder {tmp_path / 'no'}; make it first" in ended.err


def test_without_the_extra_one_line_says_what_to_install(tmp_path):
    """Nothing else needs it."""
    (tmp_path / "pyarrow.py").write_text("raise ImportError('not here')")
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "worker.cli", "export", "orders"),
            *("--format", "parquet", "--output", "orders.parquet"),
        ],
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "SELLERSYNC_HOME": str(tmp_path / "home"),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr == (
        "sellersync: Parquet needs pyarrow: `pip install 'sellersync[parquet]'`, "
        "or export JSON lines\n"
    )


def test_milliseconds_survive(tmp_path):
    """As in the JSON lines."""
    file = tmp_path / "orders.parquet"
    with file.open("wb") as open_file:
        writer.write_parquet(
            open_file,
            Stream.ORDERS,
            [row_of(paid_at="2026-11-22T12:00:00.250Z")],
            raw=False,
        )

    assert parquet.read_table(file)["paid_at"].to_pylist() == [
        datetime.fromisoformat("2026-11-22T12:00:00.250Z")
    ]
