"""Whether the encryption keys open what is stored."""

from config.embedded import key_file
from config.settings import Settings
from worker.cli.checkup.finding import Finding, failed_by, ok
from worker.domain.errors import OperatorError
from worker.store.database import Database
from worker.store.keyring import open_sealer
from worker.store.resealing import prove_keys
from worker.store.sealing import Sealer

NAME = "encryption keys"


def configured_sealer(configured: Settings) -> Sealer:
    """Return the sealer of the configured keys, or of the key file.

    Raises:
        OperatorError: a key is not usable.
    """
    keys = configured.encryption_keys
    return open_sealer(keys.get_secret_value() if keys else None, key_file(configured))


def check_keys(configured: Settings, database: Database) -> list[Finding]:
    """Open the newest stored token."""
    try:
        prove_keys(database, configured_sealer(configured))
    except OperatorError as error:
        return [failed_by(NAME, error)]
    where = (
        f"the file {key_file(configured)}"
        if configured.encryption_keys is None
        else "SELLERSYNC_ENCRYPTION_KEYS"
    )
    return [ok(NAME, f"{where} opens what is stored")]
