"""Migrations: from nothing to the tables of the schema, and back."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from worker.domain.errors import OperatorError
from worker.store import migrations
from worker.store.database import Database
from worker.store.schema import metadata
from worker.store.upgrade import require_newest, revisions, upgrade

pytestmark = pytest.mark.integration


@pytest.fixture
def migrated(empty_database):
    """Return a database with all tables that a test may spoil."""
    upgrade(empty_database)
    return empty_database


def config(connection=None):
    """Return alembic's view of our migrations."""
    made = Config()
    made.set_main_option("script_location", str(Path(migrations.__file__).parent))
    made.attributes["connection"] = connection
    return made


def tables(database):
    """Return the names of all tables of ours."""
    with database.read() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def drift(database):
    """Return what alembic would change to get from the tables to the schema."""
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return compare_metadata(context, metadata)


def test_the_files_names_tell_the_revisions_in_order():
    """As alembic reads them from inside the files; it is not imported to look."""
    chain = ScriptDirectory.from_config(config()).walk_revisions()

    assert [script.revision for script in chain] == revisions()[::-1]


def set_revision(database, revision):
    """Pretend that another version of this program migrated the database."""
    with database.write() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"),
            {"revision": revision},
        )


def test_there_is_one_head():
    """Two branches that grew side by side would not know which comes last."""
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


def test_an_empty_database_gets_all_tables(empty_database):
    """And the program accepts it."""
    reached = upgrade(empty_database)
    require_newest(empty_database)

    assert tables(empty_database) == set(metadata.tables)
    assert [reached] == ScriptDirectory.from_config(config()).get_heads()


def test_upgrading_again_changes_nothing(migrated):
    """Not even the data."""
    with migrated.write() as connection:
        connection.execute(
            metadata.tables["events"].insert(),
            {"at": datetime(2026, 11, 22, tzinfo=UTC), "name": "n", "detail": {}},
        )
    upgrade(migrated)

    with migrated.read() as connection:
        rows = connection.execute(metadata.tables["events"].select()).all()
    assert [row.name for row in rows] == ["n"]


def test_the_migrations_lead_to_the_tables_of_the_schema(migrated):
    """No column, type, default, index or constraint differs."""
    assert drift(migrated) == []


def test_a_difference_would_be_seen(migrated):
    """The comparison above is not blind."""
    with migrated.write() as connection:
        connection.execute(text("ALTER TABLE shops DROP COLUMN cipher"))

    assert [found[0] for found in drift(migrated)] == ["add_column"]


def test_down_and_up_again(migrated):
    """All the way down nothing is left; up again nothing is missing."""
    with migrated.write() as connection:
        command.downgrade(config(connection), "base")
    left = tables(migrated)
    upgrade(migrated)

    assert left == set()
    assert drift(migrated) == []


def test_several_may_upgrade_at_once(empty_database):
    """Containers start together; each finds a finished database."""
    url = empty_database.engine.url.render_as_string(hide_password=False)
    script = (
        "from worker.store.database import Database\n"
        "from worker.store.upgrade import upgrade\n"
        f"upgrade(Database({url!r}))\n"
    )
    processes = [Popen([sys.executable, "-c", script]) for _ in range(4)]

    assert [process.wait(60) for process in processes] == [0] * 4
    assert drift(empty_database) == []


def test_an_old_schema_is_refused_with_the_command_that_helps(empty_database):
    """An empty database is as old as it gets."""
    with pytest.raises(OperatorError, match="run `sellersync db upgrade`") as refused:
        require_newest(empty_database)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("act", [require_newest, upgrade])
def test_a_newer_schema_is_refused(migrated, act):
    """This program does not know what it would break."""
    set_revision(migrated, "9999")
    with pytest.raises(OperatorError, match=r"newer sellersync \(revision 9999\)"):
        act(migrated)

    assert tables(migrated) == set(metadata.tables)


@pytest.mark.parametrize("act", [require_newest, upgrade])
def test_a_database_that_does_not_answer_is_one_clear_line(act):
    """Without its password."""
    gone = Database("postgresql://me:made-up-word@127.0.0.1:1/name")
    with pytest.raises(OperatorError, match="does not answer") as refused:
        act(gone)

    assert "\n" not in str(refused.value)
    assert "made-up-word" not in str(refused.value)
