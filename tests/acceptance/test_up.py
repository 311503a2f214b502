"""`sellersync up` through its life: start, sellers, changes, Ctrl-C, on again, accidents."""

import signal
import time
from dataclasses import dataclass

import pytest

pytestmark = pytest.mark.acceptance

QUICK = {
    "ORDERS__EVERY": "1s",
    "PRODUCTS__EVERY": "2s",
    "SCHEDULE__TICK_EVERY": "500ms",
    "LOG__LEVEL": "debug",
}
VICTIMS = ("pull@", "valkey-server unixsocket", "keeper.py")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run of `up` ended."""

    status: int
    seconds: float
    left: set[int]


@dataclass(frozen=True, kw_only=True)
class Life:
    """What happened in two runs on one home."""

    connected: list[int]
    converged: list[bool]
    ended: list[Ended]
    log: str
    secrets: set[str]


def stop(installation, process, number):
    """Send a signal and see what it does."""
    began = time.monotonic()
    process.send_signal(number)
    status = process.wait(60)
    return Ended(
        status=status,
        seconds=time.monotonic() - began,
        left=installation.processes(),
    )


@pytest.fixture(scope="module")
def life(new_installation, new_sandbox, wait_for):
    """Run `up`, connect, pull, Ctrl-C, let things change, run `up` again, SIGTERM."""
    sandbox = new_sandbox("--sellers", "1", "--orders", "60", "--churn", "2")
    secrets = sandbox.secrets()
    sellers = sandbox.get("/sellers")
    seller = sellers["tiktok_shop"]["sellers"][0]
    mall = sellers["temu"]["eu"]["malls"][0]
    keys = [*(shop["shop_key"] for shop in seller["shops"]), mall["shop_key"]]
    installation = new_installation(sandbox, **QUICK)
    up = installation.start("up", installation.command("up"))
    connected = [
        installation.run("connect", *arguments, given=given).returncode
        for arguments, given in (
            (("tiktok-shop", "--auth-code", "-"), seller["auth_code"]),
            (("temu", "--country", "DE", "--access-token", "-"), mall["access_token"]),
        )
    ]
    sandbox.control(expire_access_tokens=True)
    sandbox.control(churn=0)
    converged = [wait_for(lambda: installation.holds_truth(sandbox, *keys))]
    secrets |= installation.secrets()
    ended = [stop(installation, up, signal.SIGINT)]
    sandbox.control(touch=30)
    up = installation.start("up", installation.command("up"))
    converged.append(wait_for(lambda: installation.holds_truth(sandbox, *keys)))
    ended.append(stop(installation, up, signal.SIGTERM))
    return Life(
        connected=connected,
        converged=converged,
        ended=ended,
        log=installation.said("up"),
        secrets=secrets | sandbox.secrets(),
    )


def test_sellers_are_connected_while_it_runs(life):
    """The commands use the broker that `up` has started."""
    assert life.connected == [0, 0]


def test_the_schedule_brings_the_database_to_the_truth(life):
    """First the history and what changes meanwhile, then what happened while it was off."""
    assert life.converged == [True, True]


@pytest.mark.parametrize("run", [0, 1], ids=["SIGINT", "SIGTERM"])
def test_it_ends_well_and_in_time(life, run):
    """Exit status 0 within 40 seconds; nothing is left, and nothing was killed."""
    ended = life.ended[run]

    assert (0, set()) == (ended.status, ended.left)
    assert ended.seconds < 40
    assert "part_killed" not in life.log


def test_it_says_what_runs_and_how_to_connect_a_seller(life):
    """A person reads it first."""
    assert [
        words
        for words in ("sellersync is running", "sellersync.db", "sellersync connect")
        if words not in life.log
    ] == []


def test_no_secret_is_in_any_line(life):
    """App secrets, codes and tokens stay out of the log, at debug level too."""
    assert len(life.secrets) > 10
    assert "pull_done" in life.log
    assert [secret for secret in life.secrets if secret in life.log] == []


def test_what_is_killed_is_started_again(new_installation, new_sandbox, wait_for):
    """A worker, the broker and its keeper die hard; pulling goes on, nothing is lost."""
    sandbox = new_sandbox("--sellers", "0", "--orders", "60", "--churn", "5")
    mall = sandbox.get("/sellers")["temu"]["eu"]["malls"][0]
    installation = new_installation(
        sandbox, **QUICK, SCHEDULE__PULL_DEADLINE="2s", SCHEDULE__LEASE="5s"
    )
    up = installation.start("up", installation.command("up"))
    installation.run("connect", "temu", "--zone", "eu", "--code", mall["code"])
    running = wait_for(lambda: "pull_done" in installation.said("up"))

    killed = [installation.kill(victim) for victim in VICTIMS]
    again = wait_for(lambda: all(installation.processes(victim) for victim in VICTIMS))
    sandbox.control(churn=0)
    converged = wait_for(lambda: installation.holds_truth(sandbox, mall["shop_key"]))
    ended = stop(installation, up, signal.SIGTERM)

    assert (running, again, converged) == (True, True, True)
    assert [len(numbers) for numbers in killed] == [1, 1, 1]
    assert (0, set()) == (ended.status, ended.left)


def test_one_home_has_one_up_and_a_killed_one_takes_all_with_it(
    new_installation, wait_for
):
    """The second is refused in one line; after `kill -9` of the first nothing runs on."""
    installation = new_installation()
    first = installation.start("up", installation.command("up"))
    running = wait_for(lambda: "core@" in installation.said("up"))

    second = installation.run("up")
    first.kill()
    first.wait()
    gone = wait_for(lambda: not installation.processes(), seconds=20)

    assert (running, gone) == (True, True)
    assert (second.returncode, second.stdout) == (1, "")
    assert [f"process {first.pid}" in line for line in second.stderr.splitlines()] == [
        True
    ]
    assert "No app is configured yet" in installation.said("up")
