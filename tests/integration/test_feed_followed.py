"""The change feed on PostgreSQL, written by many processes and followed by one command."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from threading import Event

import orjson
import pytest
from cryptography.fernet import Fernet

from tests.integration.feed_writer import ORDERS, STEP
from tests.integration.store.made_up import APP, DAY, NOW, grant, order, shop, write
from worker.store.apps import remember_app
from worker.store.export import changes_after
from worker.store.grants import adopt_grant
from worker.store.sealing import Sealer
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration

WRITERS = 8
PAGES = 25
# A page brings half of its orders anew, the first one all of them.
ADDED = WRITERS * (ORDERS + (PAGES - 1) * STEP)
CHANGES = WRITERS * PAGES * ORDERS
WRITER = Path(__file__).with_name("feed_writer.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def feed_url(migrated_postgresql):
    """Return the address of a PostgreSQL that all processes share."""
    return migrated_postgresql.render_as_string(hide_password=False)


@pytest.fixture
def shop_keys(database):
    """Connect a shop for each writer."""
    sealer = Sealer((Fernet.generate_key().decode(),))
    shops = [shop(str(number)) for number in range(WRITERS)]
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        seller = adopt_grant(
            connection, APP, grant(), sealer=sealer, now=NOW, refresh_at=NOW + DAY
        )
        return remember_shops(connection, seller, shops, now=NOW, takes=True)


def start_writers(url, shop_keys):
    """Start a process for each shop."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return [
        subprocess.Popen(
            [sys.executable, WRITER, url, key, str(PAGES)], env=environment
        )
        for key in shop_keys
    ]


@contextmanager
def following(url, home):
    """Run `sellersync changes --follow`; give what returns the changes it has printed."""
    printed = home / "changes.jsonl"
    with printed.open("wb") as out:
        follower = subprocess.Popen(
            [sys.executable, "-m", "worker.cli", "changes", "--after", "0", "--follow"],
            env={
                **os.environ,
                "SELLERSYNC_DATABASE_URL": url,
                "SELLERSYNC_HOME": str(home),
            },
            cwd=home,
            stdout=out,
        )
        try:
            yield lambda: [
                orjson.loads(line)
                for line in printed.read_bytes().splitlines(keepends=True)
                if line.endswith(b"\n")
            ]
        finally:
            follower.send_signal(2)
            assert follower.wait(20) == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_follower_sees_every_change_of_eight_writers_once_and_in_order(
    database, feed_url, shop_keys, tmp_path
):
    """No seq is committed behind one that can be read already, or it would be missed."""
    never = Event()
    write(database, order("first"), shop_key=shop_keys[0])
    with following(feed_url, tmp_path) as seen:
        while not seen():
            never.wait(0.1)
        ended = [writer.wait(120) for writer in start_writers(feed_url, shop_keys)]
        with database.read() as connection:
            stored = changes_after(connection, 0, limit=2 * CHANGES)
        while seen()[-1]["seq"] < stored[-1]["seq"]:
            never.wait(0.2)
        found = seen()

    assert ended == [0] * WRITERS
    assert [change["seq"] for change in found] == [change["seq"] for change in stored]
    assert found == sorted(stored, key=itemgetter("seq"))
    kinds = Counter(change["kind"] for change in found)
    assert kinds == {"added": 1 + ADDED, "updated": CHANGES - ADDED}
