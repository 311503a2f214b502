"""A body as the app encrypts it, and back."""

import json
from collections.abc import Mapping

from worker.tiktok_app.package import signer
from worker.tiktok_app.refusing import Refused, Text, some_bytes, written

# An encrypted body is these, a key, and blocks: at least the six that a checksum of 64 bytes
# and gzip's frame take.
_MAGIC = b"\x74\x63\x05\x10\x00\x00"
_KEY, _BLOCK, _SHORTEST = 32, 16, 96  # bytes


def encrypt(data: Text) -> bytes:
    """Return a body encrypted, a dict as JSON; another one from call to call.

    Raises:
        Refused: it is empty, no text or bytes, or a dict that JSON does not keep as it is.
        OperatorError: the extra is not installed.
    """
    plain = _json(data) if isinstance(data, Mapping) else written("data", data)
    encrypted: bytes = signer().encrypt(plain)
    return encrypted


def decrypt(data: bytes) -> str:
    """Return the text that was encrypted.

    Raises:
        Refused: it is not what `encrypt` makes, or was not text.
        OperatorError: the extra is not installed.
    """
    length = len(some_bytes(data)) - len(_MAGIC) - _KEY
    if not data.startswith(_MAGIC) or length < _SHORTEST or length % _BLOCK:
        raise Refused("data is not an encrypted body of the app, or not all of it")
    own = signer()
    try:
        text: str = own.decrypt(data)
    except UnicodeDecodeError:
        raise Refused("what was encrypted is not UTF-8 text") from None
    except Exception:  # noqa: BLE001 -- of a damaged body, whatever its insides meet first
        text = ""
    # Nobody encrypts nothing: the package can also find that in a damaged body.
    if not text:
        raise Refused("data is an encrypted body of the app, but a damaged one")
    return text


def _json(data: Mapping[str, object]) -> str:
    try:
        text = json.dumps(data, separators=(",", ":"))
        kept = bool(data) and json.loads(text) == data
    except (TypeError, ValueError, RecursionError):
        kept = False
        text = ""
    if not kept:
        raise Refused("data has to be a dict, not empty, and the same after JSON")
    return text
