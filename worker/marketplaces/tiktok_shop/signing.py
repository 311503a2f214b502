"""The signature of a request and of a webhook.

https://partner.tiktokshop.com/docv2/page/sign-your-api-request
https://partner.tiktokshop.com/docv2/page/tts-webhooks-overview
"""

import hmac
from collections.abc import Mapping

# The signature itself, and the token, which newer calls carry in a header.
UNSIGNED = frozenset({"sign", "access_token"})


def base_string(path: str, query: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return what is signed, before the app secret is put around it.

    The path comes without host and query, the values as they were before they were
    percent-encoded, the body as exactly the bytes that are sent.
    """
    parameters = [name + query[name] for name in sorted(query) if name not in UNSIGNED]
    return (path + "".join(parameters)).encode() + body


def sign(
    app_secret: str, path: str, query: Mapping[str, str], body: bytes = b""
) -> str:
    """Return the `sign` parameter; give a body only where `signs_body` says so."""
    secret = app_secret.encode()
    # An upper-case digest is refused:
    # https://github.com/fudiwei/DotNetCore.SKIT.FlurlHttpClient.ByteDance/issues/37
    return hmac.digest(
        secret, secret + base_string(path, query, body) + secret, "sha256"
    ).hex()


def signs_body(content_type: str, *, legacy: bool) -> bool:
    """Tell whether the body is part of the signature.

    Calls from before 202309 leave it out, and so does every upload; there the header
    goes on after the media type with a boundary, so only the media type is compared.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    return not legacy and media_type != "multipart/form-data"


def sign_webhook(app_key: str, app_secret: str, raw_body: bytes) -> str:
    """Return what the `Authorization` header of a genuine webhook holds."""
    return hmac.digest(app_secret.encode(), app_key.encode() + raw_body, "sha256").hex()
