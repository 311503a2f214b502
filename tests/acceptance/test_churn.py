"""Shops in which something changes all the time, while real workers read them over HTTP."""

from threading import Event

import pytest
from sqlalchemy import func, select

from tests.postgresql import postgresql_database
from worker.cli.demonstration.comparison import compare
from worker.domain.records import Stream
from worker.store.database import Database
from worker.store.schema.reads import page_reads
from worker.sync.walk import Step

pytestmark = pytest.mark.acceptance

CHURNING = 10  # seconds, after all sellers are connected
PACE = {
    "ORDERS__EVERY": "1s",
    "PRODUCTS__EVERY": "2s",
    "SCHEDULE__TICK_EVERY": "500ms",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """Name an empty database of each kind; dropped after the test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'churn.db'}"
        return
    with postgresql_database(request.getfixturevalue("postgresql")) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def sandbox(new_sandbox):
    """Two shops of one seller and a mall in each zone, in all of which orders move."""
    return new_sandbox(
        *("--scenario", "churn", "--sellers", "1", "--orders", "1500"),
        *("--products", "200"),
    )


@pytest.fixture
def installation(new_installation, sandbox, database_url):
    """Run everything on the database, whose tables an operator has made."""
    installation = new_installation(sandbox, DATABASE_URL=database_url, **PACE)
    upgraded = installation.run("db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    installation.start("up", installation.command("up"))
    yield installation
    installation.kill()


def connect_everybody(installation, sandbox):
    """Connect the seller of TikTok Shop and the three malls of Temu."""
    sellers = sandbox.get("/sellers")
    (seller,) = sellers["tiktok_shop"]["sellers"]
    malls = [
        (zone, mall)
        for zone in sellers["temu"]
        for mall in sellers["temu"][zone]["malls"]
    ]
    for arguments, given in (
        (("tiktok-shop", "--auth-code"), seller["auth_code"]),
        *(
            (("temu", "--zone", zone, "--access-token"), mall["access_token"])
            for zone, mall in malls
        ),
    ):
        connected = installation.run("connect", *arguments, "-", given=given)
        assert connected.returncode == 0, connected.stderr


def differences(installation, truth):
    """Say where the database does not tell the truth, field by field."""
    return [
        str(difference)
        for stream in Stream
        for difference in compare(
            stream,
            truth[stream.value],
            [
                row
                for rows in installation.stored(stream).values()
                for row in rows.values()
            ],
        )
    ]


def changed(before, after):
    """Count the records of a stream that are not what they were."""
    return sum(
        row != before[shop_key].get(record_id)
        for shop_key, rows in after.items()
        for record_id, row in rows.items()
    )


def walks_begun_again(database_url):
    """Count the walks whose rows moved while they were read."""
    database = Database(database_url)
    with database.read() as connection:
        again = page_reads.c.step == Step.AGAIN.value
        found = connection.scalar(
            select(func.count()).select_from(page_reads).where(again)
        )
    database.close()
    return found


def test_what_changes_all_the_time_arrives_whole(
    installation, sandbox, database_url, wait_for
):
    """Every field of all records is true once the changes end; no app went over its limit."""
    before = sandbox.get("/truth")
    connect_everybody(installation, sandbox)
    Event().wait(CHURNING)
    sandbox.control(freeze=True)
    truth = sandbox.get("/truth")
    wait_for(lambda: not differences(installation, truth))
    # What is compared is what is left: nothing writes any more.
    installation.kill()
    apps = sandbox.get("/stats")["apps"]

    assert differences(installation, truth) == []
    # None on an idle machine. On a busy one a thread may lose the processor for longer than
    # the pad between its slot and its call.
    for name, app in apps.items():
        assert app["violations"] <= 0.01 * app["calls"], name
    # It was not easy.
    assert changed(before["orders"], truth["orders"]) > 100
    assert changed(before["products"], truth["products"]) > 10
    assert walks_begun_again(database_url) > 0
