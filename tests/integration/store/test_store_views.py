"""The views for readers: the same rows as the export, nothing secret, nothing to write."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Column,
    MetaData,
    Table,
    Text,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DatabaseError

from tests.integration.store.made_up import (
    NOW,
    SECOND,
    line,
    order,
    product,
    shop,
    variant,
    write,
)
from worker.cli.commands.shops import shop_rows
from worker.domain.records import Stream
from worker.store import migrations
from worker.store.export import changes_after, export
from worker.store.forms import plain
from worker.store.schema.feed import changes
from worker.store.schema.metadata import UtcTime
from worker.store.schema.records import order_lines, orders, products, variants
from worker.store.schema.streams import streams
from worker.store.shapes import SHAPES
from worker.store.shops import remember_shops
from worker.store.streams import all_streams
from worker.store.upgrade import revisions

pytestmark = pytest.mark.integration

PAGE = Path(__file__).parents[3] / "docs" / "reading.md"

MIGRATIONS = Path(migrations.__file__).parent
ALTER_ORDERS = f"""
from alembic import op

revision = "9998"
down_revision = {revisions()[-1]!r}


def upgrade():
    with op.batch_alter_table("orders") as batch:
        batch.alter_column("status", nullable=True)
"""

# The tables tell the types: a view on SQLite knows none.
BEHIND = {
    "v_orders": orders,
    "v_order_lines": order_lines,
    "v_products": products,
    "v_variants": variants,
    "v_changes": changes,
}


def columns_of(database):
    """Return the columns of all views, in order."""
    with database.read() as connection:
        seen = inspect(connection)
        return {
            name: [column["name"] for column in seen.get_columns(name)]
            for name in seen.get_view_names()
        }


def rows_of(database, name, *order_by):
    """Return the rows of a view as JSON values."""
    types = {column.name: column.type for column in BEHIND[name].c}
    columns = [Column(each, types[each]) for each in columns_of(database)[name]]
    view = Table(name, MetaData(), *columns)
    with database.read() as connection:
        found = connection.execute(select(view).order_by(*order_by)).mappings()
        return [{str(key): plain(value) for key, value in row.items()} for row in found]


def put_together(database, stream):
    """Return what the export gives, made of the two views of a stream."""
    shape = SHAPES[stream]
    key = ("shop_key", shape.id_name)
    made = rows_of(database, f"v_{shape.table.name}", *key)
    children = rows_of(database, f"v_{shape.child_table.name}", *key, "position")
    for record in made:
        record[shape.children] = [
            {name: child[name] for name in shape.child_fields}
            for child in children
            if all(child[name] == record[name] for name in key)
        ]
    return made


@pytest.fixture
def filled(connected, seller):
    """Return a database with all that is unusual about orders and products."""
    with connected.write() as connection:
        remember_shops(
            connection,
            seller,
            [shop("2", name="Two", cipher="canary-cipher")],
            now=NOW,
            takes=True,
        )
    write(
        connected,
        order("1", lines=(line("b", unit_price=Decimal("0.10")), line("a"))),
        order("2", currency=None, total_amount=None, updated_at=None),
        order("3", total_amount=Decimal("1E+3"), paid_at=NOW + SECOND / 4),
    )
    write(connected, product("1", variants=(variant("z"), variant("y", stock=None))))
    write(connected, product("1", deleted_at=NOW), shop_key=shop("2").shop_key)
    write(connected, order("1", buyer_note="ring", updated_at=NOW + SECOND))
    return connected


@pytest.mark.parametrize("stream", Stream)
def test_records_are_the_same_as_in_the_export(filled, stream):
    """In names, order of the fields, values, and the order of lines and variants."""
    with filled.read() as connection:
        exported = list(export(connection, stream))

    assert exported
    assert put_together(filled, stream) == exported
    assert [list(row) for row in put_together(filled, stream)] == [
        list(row) for row in exported
    ]


def test_changes_are_the_same_as_in_the_feed(filled):
    """Without what is ours alone."""
    with filled.read() as connection:
        feed = changes_after(connection, 0, limit=100)

    assert len(feed) == 6
    assert rows_of(filled, "v_changes", "seq") == feed


def test_shops_are_the_same_as_in_the_list(filled):
    """As `sellersync shops --json` prints them."""
    with filled.read() as connection:
        found = connection.execute(text("SELECT * FROM v_shops ORDER BY shop_key"))
        rows = [dict(row) for row in found.mappings()]

    assert rows == shop_rows(filled)


def test_streams_tell_how_far_they_are(filled):
    """Each with its watermark."""
    with filled.write() as connection:
        connection.execute(
            update(streams).where(streams.c.stream == "orders").values(watermark=NOW)
        )
    with filled.read() as connection:
        view = Table(
            "v_streams",
            MetaData(),
            *(Column("shop_key", Text), Column("stream", Text)),
            *(Column("watermark", UtcTime), Column("last_success_at", UtcTime)),
        )
        rows = connection.execute(select(view)).all()
        stored = all_streams(connection)

    assert {(row.shop_key, row.stream, row.watermark) for row in rows} == {
        (each.shop_key, each.stream, each.progress.watermark) for each in stored
    }


def test_the_page_and_the_views_agree(database):
    """A column without a word about it fails here, and so does an old word."""
    written = re.findall(
        r"^\| `(v_\w+)` \| `([\w, ]+)` \|", PAGE.read_text(), re.MULTILINE
    )

    assert {name: names.split(", ") for name, names in written} == columns_of(database)


def test_nothing_secret_is_in_them(filled):
    """Neither tokens nor what a call is made with."""
    with filled.read() as connection:
        shown = [
            str(
                connection.execute(
                    select("*").select_from(Table(name, MetaData()))
                ).all()
            )
            for name in columns_of(filled)
        ]

    assert "canary-cipher" not in "".join(shown)
    assert not re.search(r"sealed|cipher|lease", str(columns_of(filled)))


@pytest.mark.parametrize("name", ["v_orders", "v_changes", "v_shops"])
def test_nobody_writes_through_them(filled, name):
    """Whatever the database would let the owner of the tables do."""
    view = Table(name, MetaData(), Column("shop_key", Text))
    with pytest.raises(DatabaseError), filled.write() as connection:
        connection.execute(update(view).values(shop_key="x"))


def test_a_filter_reaches_the_index(filled):
    """A reader who asks for what is new does not make the database read everything."""
    with filled.read() as connection:
        explain = "EXPLAIN QUERY PLAN" if filled.is_sqlite else "EXPLAIN"
        if not filled.is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        query = "SELECT * FROM v_changes WHERE seq > 5 ORDER BY seq"
        plan = connection.execute(text(f"{explain} {query}")).all()

    assert re.search(r"INTEGER PRIMARY KEY|Index Cond: \(seq > 5\)", str(plan))


def test_a_later_migration_may_rebuild_a_table_behind_a_view(filled, tmp_path):
    """On SQLite alembic copies the table, and the view must live through it."""
    before = columns_of(filled), rows_of(filled, "v_orders", "shop_key", "order_id")
    (tmp_path / "9998_alter_orders.py").write_text(ALTER_ORDERS)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", f"{MIGRATIONS / 'versions'}\n{tmp_path}"
    )
    # The connection is given back unharmed, and the database of the other tests too.
    with filled.engine.connect() as connection, connection.begin() as transaction:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        found = connection.execute(text("SELECT count(*) FROM v_orders")).scalar_one()
        altered = inspect(connection).get_columns("orders")
        transaction.rollback()

    assert found == len(before[1])
    assert [column["nullable"] for column in altered if column["name"] == "status"] == [
        True
    ]
    after = columns_of(filled), rows_of(filled, "v_orders", "shop_key", "order_id")
    assert after == before
