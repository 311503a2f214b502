"""Tokens under real processes: crowds, kills at every step, a frozen holder."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from tests.integration.tokens.victim import STEPS
from worker.domain.grants import AuthorizationState
from worker.sandbox.environment import settings_environment
from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import running
from worker.store.authorizations import all_authorizations, find_authorization
from worker.store.database import Database
from worker.store.schema.accounts import authorizations, token_journal

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
LARGE = SandboxOptions(
    tiktok_sellers=200,
    shops_per_tiktok_seller=1,
    orders_per_shop=0,
    products_per_shop=0,
    tiktok_rps=1000,
)
SMALL = SandboxOptions(
    tiktok_sellers=20,
    shops_per_tiktok_seller=1,
    orders_per_shop=0,
    products_per_shop=0,
    tiktok_rps=1000,
)


@dataclass
class World:
    """A sandbox, its connected sellers, and the environment that leads to them."""

    url: str
    environment: dict[str, str]
    database: Database

    def start(self, script, *args):
        """Start one of the scripts."""
        return subprocess.Popen(
            [sys.executable, HERE / script, *args], env=self.environment
        )

    def run(self, script, *args):
        """Run one of the scripts to its end."""
        return subprocess.run(
            [sys.executable, HERE / script, *args],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def stats(self):
        """Return what the sandbox counted about its TikTok Shop app."""
        apps = requests.get(f"{self.url}/stats", timeout=10).json()["apps"]
        (found,) = (s for app, s in apps.items() if app.startswith("tiktok_shop"))
        return found

    def lease_runs_out(self):
        """Let the time pass that a dead holder's lease lasts."""
        with self.database.write() as connection:
            connection.execute(
                update(authorizations).values(
                    lease_until=datetime.now(UTC) - timedelta(seconds=1)
                )
            )


CONNECT = """
import requests, sys
from worker.domain.errors import BudgetExhausted
from worker.runtime import runtime
from worker.tokens.connect import connect_by_code
here = runtime()
marketplace, app = here.apps.choose("tiktok_shop", "default")
for seller in requests.get(sys.argv[1] + "/sellers").json()["tiktok_shop"]["sellers"]:
    # A busy machine wakes too late for its slots, again and again.
    for _ in range(50):
        try:
            connect_by_code(here.desk, marketplace, app, seller["auth_code"])
        except BudgetExhausted:
            continue
        break
"""


@pytest.fixture
def world(database, valkey_url, request, tmp_path):
    """Start a sandbox and connect all its TikTok Shop sellers."""
    options = request.param
    with running(options) as url:
        environment = {
            **os.environ,
            **settings_environment(url, options),
            "SELLERSYNC_HOME": str(tmp_path),
            "SELLERSYNC_DATABASE_URL": database.engine.url.render_as_string(
                hide_password=False
            ),
            "SELLERSYNC_REDIS_URL": valkey_url,
            "SELLERSYNC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "SELLERSYNC_BUDGET__PAD": "0ms",
        }
        subprocess.run(
            [sys.executable, "-c", CONNECT, url],
            env=environment,
            check=True,
            timeout=100,
        )
        yield World(url, environment, database)


@pytest.mark.parametrize("world", [LARGE], indirect=True, ids=["200 sellers"])
def test_a_crowd_at_expiry_refreshes_each_authorization_once(world):
    """50 processes, 200 authorizations: 200 refreshes, and all hold the winner's token."""
    asked_at = datetime.now(UTC)
    crowd = world.run("crowd.py", "50", asked_at.isoformat())

    assert crowd.returncode == 0, crowd.stderr[-2000:]
    held = json.loads(crowd.stdout)
    assert len(held) == 50
    assert all(own == held[0] for own in held)
    assert len(held[0]) == 200
    stats = world.stats()
    assert stats["endpoints"]["/api/v2/token/refresh"] == 200
    assert stats["refused"] == {}
    assert set(stats["refreshes"].values()) == {1}


@pytest.mark.parametrize("world", [SMALL], indirect=True, ids=["20 sellers"])
def test_a_kill_at_any_step_loses_no_pair_that_was_sealed(world):
    """Afterwards the new pair is in force, or the loss is known; no token is hammered."""
    with world.database.read() as connection:
        sellers = dict(zip(STEPS, all_authorizations(connection), strict=False))
    victims = {
        step: world.start("victim.py", str(seller.id), step, "SIGKILL")
        for step, seller in sellers.items()
    }
    ends = {step: victim.wait(timeout=100) for step, victim in victims.items()}
    assert ends == dict.fromkeys(STEPS, -signal.SIGKILL)

    world.lease_runs_out()
    sealed = _open_entries_with_reply(world)
    recovered = _recovered(world, [seller.id for seller in sellers.values()])
    outcomes = {step: recovered[seller.id] for step, seller in sellers.items()}

    lost = {"after the reply", "before sealing", "while sealing"}
    for step, (state, alive) in outcomes.items():
        expected = step not in lost
        assert alive == expected, (step, state)
        assert (state is AuthorizationState.ACTIVE) == expected, step
    assert sealed == {
        sellers[step].id
        for step in (
            "after sealing",
            "before promotion",
            "while promoting",
            "while settling",
        )
    }
    # A harmless probe each, then each dead token once more: the one controlled replay.
    assert world.stats()["refused"] == {
        "401/105002": len(lost),
        "200/36004005": len(lost),
    }


def _open_entries_with_reply(world):
    with world.database.read() as connection:
        return set(
            connection.execute(
                select(token_journal.c.authorization_id).where(
                    token_journal.c.sealed_reply.is_not(None)
                )
            ).scalars()
        )


RECOVER = """
import json, sys
from datetime import UTC, datetime
from worker.domain.errors import ReauthorizeShop
from worker.runtime import runtime
from worker.store.authorizations import find_authorization
from worker.tokens.refresh import refresh
from worker.tokens.shops import discover_shops
here = runtime()
asked_at = datetime.fromisoformat(sys.argv[2])
result = {}
for number in json.loads(sys.argv[1]):
    try:
        refresh(here.desk, number, asked_at=asked_at)
        refresh(here.desk, number, asked_at=datetime.now(UTC))
        discover_shops(here.desk, number)
        alive = True
    except ReauthorizeShop:
        alive = False
    with here.database.read() as connection:
        result[number] = find_authorization(connection, number).state, alive
print(json.dumps(result))
"""


def _recovered(world, numbers):
    """Let the next worker come by; return each state, and whether the tokens work."""
    recovery = subprocess.run(
        [
            sys.executable,
            "-c",
            RECOVER,
            json.dumps(numbers),
            datetime.now(UTC).isoformat(),
        ],
        env=world.environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert recovery.returncode == 0, recovery.stderr[-2000:]
    found = json.loads(recovery.stdout)
    return {
        int(number): (AuthorizationState(state), alive)
        for number, (state, alive) in found.items()
    }


@pytest.mark.parametrize("world", [SMALL], indirect=True, ids=["20 sellers"])
def test_a_frozen_holder_writes_nothing_when_it_wakes(world):
    """Somebody else has finished its work meanwhile; its own write is rejected."""
    with world.database.read() as connection:
        seller = all_authorizations(connection)[0].id
    holder = subprocess.Popen(
        [
            sys.executable,
            HERE / "victim.py",
            str(seller),
            "before promotion",
            "SIGSTOP",
        ],
        env=world.environment,
    )
    try:
        _wait_until_stopped(holder.pid)
        world.lease_runs_out()
        assert _recovered(world, [seller]) == {
            seller: (AuthorizationState.ACTIVE, True)
        }
        with world.database.read() as connection:
            before = find_authorization(connection, seller)
        os.kill(holder.pid, signal.SIGCONT)
        assert holder.wait(timeout=30) == 0
    finally:
        holder.kill()
        holder.wait()

    with world.database.read() as connection:
        after = find_authorization(connection, seller)
        outcomes = connection.execute(
            select(token_journal.c.outcome).where(
                token_journal.c.authorization_id == seller
            )
        ).scalars()
        assert "superseded" in set(outcomes)
    assert after == before


def _wait_until_stopped(pid):
    """Wait until the kernel says that a process is stopped."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "T":
            return
        os.sched_yield()
    raise AssertionError("it never froze")
