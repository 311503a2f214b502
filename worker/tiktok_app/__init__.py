"""Headers and bodies of TikTok's mobile app API, by the package `tiktok-signer`.

Unofficial, an extra of its own (`sellersync[tiktok-app]`), and no part of seller sync: nothing
scheduled uses it, and nothing but its own commands imports it. What the package would answer
with rubbish, or with an error of its insides, is refused before. See docs/tiktok-app.md.
"""

from worker.tiktok_app.encryption import decrypt, encrypt
from worker.tiktok_app.headers import generate_headers
from worker.tiktok_app.messages import decode, encode
from worker.tiktok_app.refusing import Refused

__all__ = ["Refused", "decode", "decrypt", "encode", "encrypt", "generate_headers"]
