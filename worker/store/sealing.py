"""Secrets at rest: Fernet, newest key first, so that keys can be rotated."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from worker.domain.errors import OperatorError


class Sealer:
    """Seals and opens secrets; a sealed value names no key, the right one is found."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except (ValueError, TypeError):
            raise OperatorError(
                "an encryption key is not a Fernet key; make one with "
                "`python -c 'from cryptography.fernet import Fernet; "
                "print(Fernet.generate_key().decode())'`"
            ) from None

    def seal(self, secret: str | bytes) -> bytes:
        """Encrypt with the newest key."""
        plain = secret.encode() if isinstance(secret, str) else secret
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt with whichever key fits.

        Raises:
            OperatorError: none does.
        """
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise OperatorError(
                "a stored secret cannot be opened with the configured keys; add the key "
                "it was sealed with to SELLERSYNC_ENCRYPTION_KEYS, after the newest one"
            ) from None

    def renew(self, sealed: bytes) -> bytes:
        """Seal again with the newest key."""
        return self._fernet.rotate(sealed)
