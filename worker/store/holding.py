"""The lock under which everything about one stream of a shop is written."""

from sqlalchemy import Connection, bindparam, select

from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.schema.streams import streams

# Built once, as it is executed for every page.
_HELD = (
    select(streams.c.id)
    .where(streams.c.shop_key == bindparam("shop"), streams.c.stream == bindparam("of"))
    .with_for_update()
)


def hold_stream(connection: Connection, shop_key: str, stream: Stream) -> None:
    """Lock a stream until the end of the transaction; the first statement of each.

    Two writers of one record would each miss what the other one has not committed yet.
    Streams are locked before anything of theirs, by everybody who locks both.

    Raises:
        LeaseLost: the shop was removed meanwhile.
    """
    row = connection.execute(
        _HELD, {"shop": shop_key, "of": stream.value}
    ).one_or_none()
    if row is None:
        raise LeaseLost(f"{shop_key} {stream}: the shop was removed")
