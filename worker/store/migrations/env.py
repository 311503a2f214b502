"""How alembic reaches the database that `worker.store.upgrade` hands it."""

from alembic import context
from sqlalchemy import Connection

from worker.store.schema import metadata

connection: Connection = context.config.attributes["connection"]
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
