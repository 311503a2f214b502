"""`sellersync web` as a process: it starts, says how it is, and ends."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

pytestmark = pytest.mark.integration


@contextmanager
def serving(installation) -> Iterator[str]:
    """Run the web face on a free port; give its address, and see it end well."""
    quiet = installation.but(
        SELLERSYNC_WEB__PORT="0", SELLERSYNC_LOG__FORMAT="json", NO_PROXY="127.0.0.1"
    )
    process = quiet.start("web")
    try:
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


def test_it_is_alive_and_ready(sellersync):
    """Database and Redis answer; every answer has the strict headers."""
    with serving(sellersync) as url:
        alive = requests.get(f"{url}/healthz", timeout=20)
        ready = requests.get(f"{url}/readyz", timeout=20)

    assert (alive.status_code, alive.json()) == (200, {"ok": True})
    assert (ready.status_code, ready.json()) == (200, {"ok": True, "reasons": []})
    assert "script-src 'self'" in ready.headers["Content-Security-Policy"]
    assert "unsafe" not in ready.headers["Content-Security-Policy"]
    assert ready.headers["X-Content-Type-Options"] == "nosniff"
    assert ready.headers["X-Frame-Options"] == "DENY"
    assert "Server" not in ready.headers


def test_without_redis_it_is_alive_but_not_ready(sellersync, own_valkey):
    """Its pages are of use even so; the reason names no address."""
    server, valkey_url = own_valkey
    with serving(sellersync.but(SELLERSYNC_REDIS_URL=valkey_url)) as url:
        server.terminate()
        alive = requests.get(f"{url}/healthz", timeout=20)
        ready = requests.get(f"{url}/readyz", timeout=20)

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["reasons"] == ["Redis does not answer (ConnectionError)"]


def test_it_starts_its_own_broker(sellersync):
    """Where no Redis is configured; the broker ends with its last user."""
    with serving(sellersync.without_redis()) as url:
        assert requests.get(f"{url}/readyz", timeout=20).status_code == 200


@pytest.mark.parametrize("command", ["web", "up"])
def test_it_is_not_open_to_everybody_by_accident(sellersync, command):
    """One line says what is missing."""
    ended = sellersync.but(SELLERSYNC_WEB__HOST="0.0.0.0")(command)  # noqa: S104 -- it is refused

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "SELLERSYNC_WEB__PASSWORD" in ended.err


def test_a_port_in_use_is_told_in_one_line(sellersync):
    """Whoever has it."""
    with serving(sellersync) as url:
        port = url.rpartition(":")[2]
        ended = sellersync.but(SELLERSYNC_WEB__PORT=port)("web")

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert f"cannot listen on 127.0.0.1:{port}" in ended.err
