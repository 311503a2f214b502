"""The signature TikTok Shop expects, computed from what arrived.

https://partner.tiktokshop.com/docv2/page/sign-your-api-request
"""

import hashlib
import hmac
from collections.abc import Mapping

UNSIGNED = frozenset({"sign", "access_token"})


def expected_sign(
    app_secret: str, path: str, query: Mapping[str, str], body: bytes
) -> str:
    """Return the lower-case hex digest over the decoded query and the exact body bytes.

    Calls before version 202309 leave the body out: pass it empty.
    """
    pairs = "".join(key + query[key] for key in sorted(query) if key not in UNSIGNED)
    secret = app_secret.encode()
    message = secret + f"{path}{pairs}".encode() + body + secret
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
