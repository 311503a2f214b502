"""The example that follows the change feed, run as its reader would run it."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.integration.store.made_up import NOW, SECOND, order, product, write
from worker.domain.records import OrderStatus, Stream
from worker.store.export import export

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[3] / "examples" / "follow_changes.py"


@contextmanager
def following(database, target):
    """Run the example; kill it, and the command that it began, at the end."""
    url = database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, EXAMPLE, target],
        env={
            **os.environ,
            "SELLERSYNC_DATABASE_URL": url,
            "SELLERSYNC_HOME": str(target.parent / "home"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        cwd=target.parent,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def statuses(target):
    """Return what the other system knows."""
    if not target.exists():
        return None
    with closing(sqlite3.connect(target)) as other:
        try:
            rows = other.execute("SELECT shop, id, status FROM statuses").fetchall()
        except sqlite3.OperationalError:
            return None
    return {(shop, number): status for shop, number, status in rows}


def truth(database):
    """Return what the other system should know."""
    with database.read() as connection:
        return {
            (row["shop_key"], row["order_id"]): row["status"]
            for row in export(connection, Stream.ORDERS)
        }


def wait_for(expected, target):
    """Wait until the other system knows it."""
    for _ in range(600):
        if statuses(target) == expected:
            return
        Event().wait(0.05)

    assert statuses(target) == expected


def test_the_other_system_has_every_status_though_the_example_was_killed(
    connected, tmp_path
):
    """What changed while nobody followed is caught up with."""
    target = tmp_path / "statuses.db"
    write(connected, *(order(f"{number}") for number in range(700)))
    write(connected, product("1"))
    with following(connected, target):
        wait_for(truth(connected), target)
    later = NOW + SECOND
    write(
        connected,
        order("7", status=OrderStatus.CANCELLED, updated_at=later),
        order("new", status=OrderStatus.PENDING, updated_at=later),
    )
    behind = statuses(target) != truth(connected)
    with following(connected, target):
        wait_for(truth(connected), target)

    assert behind


def test_the_example_is_short():
    """It is there to be read."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if line.strip()]

    assert len(lines) <= 22
