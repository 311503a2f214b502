"""Keys are rotated online, in steps that may be interrupted anywhere."""

import signal
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from worker.domain.errors import OperatorError
from worker.domain.grants import Grant
from worker.domain.identity import App
from worker.store.apps import remember_app
from worker.store.authorizations import all_authorizations
from worker.store.database import Database
from worker.store.grants import adopt_grant
from worker.store.sealing import Sealer

pytestmark = pytest.mark.integration

ROWS = 10_000
NOW = datetime(2026, 1, 2, tzinfo=UTC)
APP = App(
    marketplace="tiktok_shop",
    zone="default",
    app_key="key",
    app_secret="secret",
    api_url="http://127.0.0.1",
    requests_per_second=10,
)


@pytest.fixture
def keys():
    """Return an old key and a new one."""
    return Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def full(sellersync, keys):
    """Return an installation with ten thousand sellers, sealed with the old key."""
    installation = sellersync.but(SELLERSYNC_ENCRYPTION_KEYS=keys[0])
    assert installation("db", "upgrade").status == 0
    database = opened(installation)
    sealer = Sealer(keys[:1])
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        for number in range(ROWS):
            grant = Grant(
                subject=str(number),
                access_token=f"access-{number}",
                access_expires_at=NOW + timedelta(days=7),
                refresh_token=f"refresh-{number}",
            )
            adopt_grant(connection, APP, grant, sealer=sealer, now=NOW, refresh_at=NOW)
    database.close()
    return installation


def opened(installation):
    """Open the installation's database."""
    home = installation.environment["SELLERSYNC_HOME"]
    return Database(f"sqlite:///{home}/sellersync.db")


def readable(installation, *keys):
    """Return how many sellers' tokens are right when opened with these keys."""
    database = opened(installation)
    with database.read() as connection:
        rows = all_authorizations(connection)
    database.close()
    return sum(is_right(row, Sealer(keys)) for row in rows)


def is_right(row, sealer):
    """Tell whether a seller's tokens open, and are this seller's."""
    try:
        own = row.credentials(sealer)
    except OperatorError:
        return False
    return (own.access_token, own.refresh_token) == (
        f"access-{row.subject}",
        f"refresh-{row.subject}",
    )


def test_a_rotation_that_is_killed_can_be_run_again(full, keys):
    """Every token stays readable in between; afterwards the new key alone is enough."""
    old, new = keys
    both = full.but(SELLERSYNC_ENCRYPTION_KEYS=f"{new},{old}")
    process = both.start("keys", "rotate")
    while not readable(full, new) > 0 and process.poll() is None:
        continue
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 0 < readable(full, new) < ROWS
    assert readable(full, new, old) == ROWS

    assert both("keys", "rotate", "--json").document == {"re_encrypted": 2 * ROWS}
    assert readable(full, new) == ROWS


def test_a_wrong_key_stops_everything_before_it_begins(full, keys):
    """One clear line; nothing is touched."""
    wrong = full.but(SELLERSYNC_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    for command in (("up",), ("pull", "orders", "--here"), ("status",)):
        ended = wrong(*command)
        assert (ended.status, ended.err.count("\n")) == (1, 1)
        assert "SELLERSYNC_ENCRYPTION_KEYS" in ended.err

    assert readable(full, keys[0]) == ROWS
