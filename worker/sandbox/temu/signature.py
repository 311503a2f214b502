"""The signature Temu expects: from the parsed body, written compactly in body order.

https://partner.temu.com: "Signature Method for API request". What is signed is not the
bytes on the wire: the server parses the JSON and writes nested values again.
"""

import hashlib
import json
from collections.abc import Mapping


def expected_sign(app_secret: str, body: Mapping[str, object]) -> str:
    """Return the upper-case MD5 digest over all top-level keys but `sign`, without nulls."""
    pairs = "".join(
        key + _text(body[key])
        for key in sorted(body)
        if key != "sign" and body[key] is not None
    )
    message = f"{app_secret}{pairs}{app_secret}".encode()
    # Temu's choice, not ours.
    return hashlib.md5(message, usedforsecurity=False).hexdigest().upper()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
