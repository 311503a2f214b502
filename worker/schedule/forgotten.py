"""Give a next time to work that should run and has none, and tell it: a bug left it behind.

Every way to stop a stream is a reason in its row, its shop's or its authorization's. One
without next time and without reason would look healthy and never run again.
"""

from worker.store.database import Database, database_now
from worker.store.events import record_event
from worker.store.forgotten import plan_forgotten_refreshes, plan_forgotten_streams

_ADVICE = "It was made due again. It should not happen: please report it with the events before."


def revive_forgotten(database: Database) -> int:
    """Plan what was forgotten, with an event each; return how many."""
    with database.write() as connection:
        now = database_now(connection)
        streams = plan_forgotten_streams(connection, now=now)
        refreshes = plan_forgotten_refreshes(connection, now=now)
        for shop_key, stream in streams:
            record_event(
                connection,
                "stream_was_forgotten",
                now=now,
                shop_key=shop_key,
                detail={"stream": stream, "advice": _ADVICE},
            )
        for app_id, subject in refreshes:
            record_event(
                connection,
                "refresh_was_forgotten",
                now=now,
                app_id=app_id,
                detail={"subject": subject, "advice": _ADVICE},
            )
    return len(streams) + len(refreshes)
