"""Which links to sellers were used, whoever served the page."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from worker.store.many_rows import insert_into
from worker.store.schema.links import spent_links


def spend_link(
    connection: Connection,
    nonce: str,
    *,
    code_digest: str,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Use a link up for one code; False if it was used for another one."""
    connection.execute(delete(spent_links).where(spent_links.c.expires_at < now))
    connection.execute(
        insert_into(spent_links, connection.dialect)
        .values(
            nonce=nonce, code_digest=code_digest, spent_at=now, expires_at=expires_at
        )
        .on_conflict_do_nothing()
    )
    spent_for = connection.execute(
        select(spent_links.c.code_digest).where(spent_links.c.nonce == nonce)
    )
    return bool(spent_for.scalar_one() == code_digest)
