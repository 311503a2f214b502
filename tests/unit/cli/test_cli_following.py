"""`pull --wait` looks at the database until every stream is done."""

from datetime import timedelta

from worker.cli.following import Follower
from worker.domain.records import Stream
from worker.store.database import database_now
from worker.store.schema.streams import streams


class Worker:
    """Stands in for the pause between two looks: finishes streams one by one, in time."""

    def __init__(self, database, keys, *, idle_looks):
        self._database = database
        self._keys = list(keys)
        self._idle_looks = idle_looks

    def wait(self, seconds: float) -> None:
        """Do nothing for some looks, then finish a stream each time."""
        assert 0 < seconds < 1
        if self._idle_looks > 0:
            self._idle_looks -= 1
            return
        with self._database.write() as connection:
            connection.execute(
                streams.update()
                .where(streams.c.shop_key == self._keys.pop())
                .values(last_success_at=database_now(connection) + timedelta(seconds=1))
            )


def test_all_shops_are_waited_for(database, shop_keys, capsys):
    """The outcomes come in the order of the shops, whoever was ready first."""
    follower = Follower(database, Stream.ORDERS, shop_keys)
    outcomes = follower.follow(wait=Worker(database, shop_keys, idle_looks=3).wait)

    assert [(each.shop_key, each.reason) for each in outcomes] == [
        (key, None) for key in shop_keys
    ]
    assert capsys.readouterr().err == ""


def test_nobody_at_work_is_noticed_once(database, shop_keys, capsys):
    """After a while without a sign of life the person learns what may be missing."""
    follower = Follower(database, Stream.ORDERS, shop_keys)
    follower.follow(wait=Worker(database, shop_keys, idle_looks=70).wait)

    assert capsys.readouterr().err == (
        "sellersync: nothing moves; is a worker running? `sellersync up` is one\n"
    )
