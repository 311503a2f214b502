"""Re-encryption on both kinds of database."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from worker.domain.grants import Grant
from worker.domain.identity import App
from worker.store import authorizations
from worker.store.apps import remember_app
from worker.store.grants import adopt_grant
from worker.store.resealing import reseal_everything
from worker.store.sealing import Sealer

pytestmark = pytest.mark.integration

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
APP = App(
    marketplace="temu",
    zone="eu",
    app_key="key",
    app_secret="secret",
    api_url="http://127.0.0.1:9/",
    requests_per_second=10,
)


def test_the_newest_key_alone_opens_everything(database):
    """Tokens of every seller; one without refresh token has nothing there to seal."""
    old, new = (Fernet.generate_key().decode() for _ in "12")
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        for name, refresh_token in (("one", "refresh"), ("two", None)):
            adopt_grant(
                connection,
                APP,
                Grant(
                    subject=name,
                    access_token=f"access-{name}",
                    access_expires_at=NOW + timedelta(days=1),
                    refresh_token=refresh_token,
                ),
                sealer=Sealer((old,)),
                now=NOW,
                refresh_at=NOW,
            )
    count = reseal_everything(database, Sealer((new, old)))
    with database.read() as connection:
        opened = {
            found.subject: found.credentials(Sealer((new,)))
            for found in authorizations.all_authorizations(connection)
        }

    assert count == 3
    assert opened["one"].refresh_token == "refresh"
    assert opened["two"].access_token == "access-two"
