"""Secrets at rest: Fernet, newest key first, so that keys can be rotated."""

from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from worker.domain.errors import OperatorError

Keys = tuple[str, ...]


class Sealer:
    """Seals and opens secrets; a sealed value names no key, the right one is found.

    `newer` reads the keys again when none fits: somebody may have added one meanwhile.
    """

    def __init__(self, keys: Keys, *, newer: Callable[[], Keys] | None = None) -> None:
        self._fernet = _fernet(keys)
        self._keys = keys
        self._newer = newer

    def seal(self, secret: str | bytes) -> bytes:
        """Encrypt with the newest key."""
        plain = secret.encode() if isinstance(secret, str) else secret
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt with whichever key fits.

        Raises:
            OperatorError: none does.
        """
        return self._with_fitting_key(lambda fernet: fernet.decrypt(sealed))

    def renew(self, sealed: bytes) -> bytes:
        """Seal again with the newest key.

        Raises:
            OperatorError: no key fits.
        """
        return self._with_fitting_key(lambda fernet: fernet.rotate(sealed))

    def derived(self, purpose: str) -> list[bytes]:
        """Return keys for something else than sealing, the newest last.

        Who knows one of them knows nothing of the key that it comes from.
        """
        keys = self._keys if self._newer is None else self._newer()
        return [
            HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(
                key.encode()
            )
            for key in reversed(keys)
        ]

    def _with_fitting_key(self, act: Callable[[MultiFernet], bytes]) -> bytes:
        try:
            return act(self._fernet)
        except InvalidToken:
            if self._newer is not None:
                self._fernet = _fernet(self._newer())
        try:
            return act(self._fernet)
        except InvalidToken:
            raise OperatorError(
                "a stored secret cannot be opened with the configured keys; add the key "
                "it was sealed with to SELLERSYNC_ENCRYPTION_KEYS, after the newest one"
            ) from None


def _fernet(keys: Keys) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except (ValueError, TypeError):
        raise OperatorError(
            "a key of SELLERSYNC_ENCRYPTION_KEYS, or of the key file in its place, is "
            "not a Fernet key; make one with "
            "`python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'`"
        ) from None
