"""How alembic reaches the database that `worker.store.upgrade` hands it."""

from alembic import context
from sqlalchemy import Connection

from worker.store.schema import metadata

connection: Connection = context.config.attributes["connection"]
if connection.dialect.name == "sqlite":
    # Alembic copies a table, drops it and gives the copy its name; else SQLite would refuse
    # that for the views, which for a moment have no table behind them.
    # https://www.sqlite.org/pragma.html#pragma_legacy_alter_table
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite cannot ALTER most things: alembic copies the table instead.
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="",
)
with context.begin_transaction():
    context.run_migrations()
if connection.dialect.name == "sqlite":
    connection.exec_driver_sql("PRAGMA legacy_alter_table = OFF")
