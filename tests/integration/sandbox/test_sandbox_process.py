"""A sandbox in a process of its own: it starts, and ends well when it is asked to."""

import signal
import socket
import subprocess
import sys

import pytest
import requests

from worker.domain.errors import OperatorError
from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import serve

pytestmark = pytest.mark.integration

SERVE = """
from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import serve
serve("127.0.0.1", 0, SandboxOptions(), on_ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_well_on_a_signal(number: signal.Signals) -> None:
    """After SIGTERM or Ctrl-C `serve` returns, even with a connection still open."""
    with (
        subprocess.Popen(
            [sys.executable, "-c", SERVE],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        requests.Session() as http,
    ):
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert http.get(f"{base_url}/healthz").json() == {"ok": True}

        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)

    assert (process.returncode, rest, errors) == (0, "ended\n", "")


def test_a_port_in_use_is_said_in_one_line() -> None:
    """An address that somebody else uses is the operator's matter."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(OperatorError, match=f"127.0.0.1:{port}") as raised:
            serve("127.0.0.1", port, SandboxOptions(orders_per_shop=1))

    assert "\n" not in str(raised.value)
