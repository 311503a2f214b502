"""Apps: a row each, on which those who connect their sellers wait for each other."""

from datetime import datetime

from sqlalchemy import Connection, select

from worker.domain.identity import App
from worker.store.many_rows import insert_into
from worker.store.schema.accounts import apps


def remember_app(connection: Connection, app: App, *, now: datetime) -> None:
    """Make sure that an app has its row; the secret stays in the settings."""
    connection.execute(
        insert_into(apps, connection.dialect)
        .values(
            app_id=app.app_id,
            marketplace=app.marketplace,
            zone=app.zone,
            app_key=app.app_key,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def lock_app(connection: Connection, app: App, *, now: datetime) -> None:
    """Make others who connect sellers or find shops of this app wait for this transaction."""
    remember_app(connection, app, now=now)
    connection.execute(
        select(apps.c.app_id).where(apps.c.app_id == app.app_id).with_for_update()
    )
