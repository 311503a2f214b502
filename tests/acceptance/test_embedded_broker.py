"""The embedded broker: there when somebody needs it, gone when nobody does."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from config.embedded import socket_path
from config.settings import Settings
from worker.cli.broker import available_broker
from worker.domain.errors import OperatorError

pytestmark = pytest.mark.acceptance

# Says that the broker answers, and stays until its standard input ends.
USER = """
import sys
import redis
from config.embedded import redis_url
from config.settings import settings
from worker.cli.broker import available_broker
with available_broker(settings()):
    client = redis.Redis.from_url(redis_url(settings()).client)
    print(client.incr("visits"), flush=True)
    sys.stdin.read()
    print(client.ping(), flush=True)
"""
SERVER = "valkey-server unixsocket"


@pytest.fixture
def installation(new_installation):
    """A home of its own."""
    return new_installation()


@pytest.fixture
def users(installation):
    """Start processes that use the broker; they end with the test."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", USER],
            env=installation.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_two_who_come_at_once_share_one_that_ends_with_the_last(installation, users):
    """Whoever started it may go first; the other goes on to use it."""
    both = [users(), users()]
    visits = sorted(user.stdout.readline().strip() for user in both)
    servers = len(installation.processes(SERVER))
    answers = [user.communicate("")[0].strip() for user in both]

    assert visits == ["1", "2"]
    assert servers == 1
    assert answers == ["True", "True"]
    assert set() == installation.processes()


def test_its_data_is_there_the_next_time(users):
    """A queue survives that nobody is there."""
    visits = []
    for _ in range(2):
        user = users()
        visits.append(user.stdout.readline().strip())
        user.communicate("")

    assert visits == ["1", "2"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_outlives_no_user_however_that_ends(installation, users, wait_for, number):
    """The system gives back the lock of a killed process, and the broker goes."""
    user = users()
    user.stdout.readline()
    user.send_signal(number)
    user.wait()

    assert wait_for(lambda: not installation.processes(), seconds=10)


def test_what_a_killed_one_left_behind_is_no_obstacle(installation, users):
    """Neither the socket file of a dead server nor a server whose keeper was killed."""
    user = users()
    user.stdout.readline()
    installation.kill("keeper.py")
    orphans = installation.processes(SERVER)
    user.kill()
    user.wait()
    second = users()
    visits = second.stdout.readline().strip()
    servers = installation.processes(SERVER)
    second.kill()
    installation.kill("keeper.py")
    installation.kill(SERVER)
    socket_file = installation.home / "run" / "broker.sock"
    stale = socket_file.exists()
    third = users()

    assert (len(orphans), visits, len(servers)) == (1, "2", 1)
    assert orphans != servers
    assert (stale, third.stdout.readline().strip()) == (True, "3")


def test_nobody_else_may_look_into_it(installation, users):
    """There is no TCP port, and the folders are this user's alone."""
    users().stdout.readline()
    log = (installation.home / "broker" / "server.log").read_text()
    modes = {
        name: (installation.home / name).stat().st_mode & 0o077
        for name in ("broker", "run")
    }

    assert modes == {"broker": 0, "run": 0}
    assert [line.rpartition("accept connections ")[2] for line in log.splitlines()][
        -1
    ] == "unix"


def test_a_folder_with_a_long_path_works_too(tmp_path):
    """A socket's path may have about 100 characters; it then lies elsewhere."""
    home = tmp_path / ("long" * 30)
    configured = Settings(home=home)
    with available_broker(configured):
        path = socket_path(configured)
        there = path.is_socket()

    assert (there, path.is_relative_to(home)) == (True, False)
    assert not path.exists()


@pytest.mark.parametrize(
    "url",
    [
        "redis://:p4ss-word@127.0.0.1:1/0",
        "unix:///no/such/redis.sock",
        "ftp://:p4ss-word@127.0.0.1/0",
        "redis://:p4ss-word@127.0.0.1:no/0",
    ],
)
def test_a_redis_that_does_not_answer_is_told_in_one_line(url):
    """It names the variable to correct, and no password."""
    with (
        pytest.raises(OperatorError) as told,
        available_broker(Settings(redis_url=url)),
    ):
        pass

    assert "SELLERSYNC_REDIS_URL" in str(told.value)
    assert "p4ss-word" not in str(told.value)


def test_a_redis_that_is_silent_is_told_in_time():
    """It accepts the connection and says nothing; 20 seconds are the limit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://:p4ss-word@127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        with (
            pytest.raises(OperatorError) as told,
            available_broker(Settings(redis_url=url)),
        ):
            pass

    assert time.monotonic() - began < 20
    assert "p4ss-word" not in str(told.value)
