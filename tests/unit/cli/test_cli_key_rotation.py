"""`sellersync keys rotate` re-encrypts everything, under the hands of running workers."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, insert, select

from config.embedded import key_file
from config.settings import settings
from worker.domain.errors import OperatorError
from worker.store.authorizations import all_authorizations
from worker.store.database import Database
from worker.store.keyring import open_sealer
from worker.store.schema.accounts import authorizations, token_journal
from worker.store.sealing import Sealer


@pytest.fixture
def sealed_reply(database, shop_keys):
    """Leave an open journal entry with a sealed reply behind."""
    del shop_keys
    sealer = open_sealer(None, key_file(settings()))
    with database.write() as connection:
        first = connection.execute(select(authorizations)).first()
        connection.execute(
            insert(token_journal).values(
                app_id=first.app_id,
                authorization_id=first.id,
                action="refresh",
                started_at=first.created_at,
                sealed_reply=sealer.seal("reply-1"),
            )
        )


def opened(
    database: Database, sealer: Sealer
) -> tuple[list[tuple[str, str]], str | None]:
    """Return all stored secrets in the clear."""
    with database.read() as connection:
        tokens = [
            (each.access_token, each.refresh_token)
            for each in (
                found.credentials(sealer) for found in all_authorizations(connection)
            )
        ]
        reply = connection.execute(select(token_journal.c.sealed_reply)).scalar()
    return tokens, sealer.open(reply).decode() if reply else None


def newest_key(home: Path) -> str:
    """Return the first key of the file."""
    return (home / "encryption.keys").read_text().split(",")[0].strip()


def test_all_secrets_move_to_the_new_key(sellersync, home, database, sealed_reply):
    """The new key alone opens every token and kept reply."""
    del sealed_reply
    before = newest_key(home)
    ended = sellersync("keys", "rotate", "--json")
    alone = Sealer((newest_key(home),))

    assert ended.document == {"re_encrypted": 5}
    assert newest_key(home) != before
    assert opened(database, alone) == (
        [("access-1", "refresh-1"), ("access-2", "refresh-2")],
        "reply-1",
    )


def test_a_running_worker_opens_what_was_rotated(sellersync, database, shop_keys):
    """A sealer made before the rotation finds the new key by itself; its own seals hold."""
    del shop_keys
    running = open_sealer(None, key_file(settings()))
    kept = running.seal("kept")
    sellersync("keys", "rotate")
    tokens, _ = opened(database, running)
    sellersync("keys", "rotate")

    assert tokens[0] == ("access-1", "refresh-1")
    assert open_sealer(None, key_file(settings())).open(kept) == b"kept"


def test_configured_keys_are_used_as_they_are(
    sellersync, home, monkeypatch, database, shop_keys
):
    """The newest configured key takes over; the key file stays as it is."""
    del shop_keys
    file = (home / "encryption.keys").read_text()
    fresh = Fernet.generate_key().decode()
    monkeypatch.setenv("SELLERSYNC_ENCRYPTION_KEYS", f"{fresh},{file.strip()}")
    ended = sellersync("keys", "rotate")

    assert ended.out == b"Re-encrypted 4 secrets with the newest key.\n"
    assert opened(database, Sealer((fresh,)))[0][0] == ("access-1", "refresh-1")
    assert (home / "encryption.keys").read_text() == file


def test_a_missing_key_changes_nothing(
    sellersync, home, monkeypatch, database, shop_keys
):
    """Secrets sealed with a key that is not configured stay, and the line says why."""
    del shop_keys
    other = Fernet.generate_key().decode()
    monkeypatch.setenv("SELLERSYNC_ENCRYPTION_KEYS", other)
    ended = sellersync("keys", "rotate")

    assert ended.status == 1
    assert "cannot be opened with the configured keys" in ended.err
    assert opened(database, Sealer((newest_key(home),)))[0][1][0] == "access-2"
    with pytest.raises(OperatorError):
        opened(database, Sealer((other,)))


def test_more_secrets_than_one_transaction_takes(sellersync, database, shop_keys):
    """The batches leave none out."""
    del shop_keys
    with database.write() as connection:
        first = connection.execute(select(authorizations)).first()._asdict()
        connection.execute(
            insert(authorizations),
            [first | {"id": None, "subject": f"more-{n}"} for n in range(450)],
        )
        total = connection.execute(
            select(func.count()).select_from(authorizations)
        ).scalar_one()

    assert sellersync("keys", "rotate", "--json").document == {
        "re_encrypted": 2 * total
    }
