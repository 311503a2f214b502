"""What goes wrong around the text that is signed: secret, digest, form of the result."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

from worker.domain.common_mistakes import miscopied
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.tiktok_shop.refusal.recipe import Recipe

Digest = Callable[[bytes, bytes], bytes]


def _changed_secret(recipe: Recipe) -> Ways[Recipe]:
    others = {
        "app key": recipe.sent.query.get("app_key", ""),
        "access_token": recipe.sent.token,
    }
    for what, other in miscopied(recipe.key, mistaken_for=others):
        yield what, replace(recipe, key=other, before=other, after=other)


def _wrapping(recipe: Recipe) -> Ways[Recipe]:
    yield (
        "the app secret is missing behind the text that was signed",
        replace(recipe, after=""),
    )
    yield (
        "the app secret is missing in front of the text that was signed",
        replace(recipe, before=""),
    )
    yield (
        "the app secret is missing on both sides of the text that was signed",
        replace(recipe, before="", after=""),
    )


def _hmac_key(recipe: Recipe) -> Ways[Recipe]:
    for key in ("", recipe.sent.query.get("app_key", ""), recipe.key + "&"):
        what = "the HMAC has another key than the app secret"
        yield what, replace(recipe, key=key)


def _digest(recipe: Recipe) -> Ways[Recipe]:
    for name in ("sha256", "sha1", "md5", "sha512"):
        yield (
            f"it is plain {name.upper()}, not HMAC-SHA256",
            replace(recipe, digest=_plain(name)),
        )
    for name in ("sha1", "md5", "sha512"):
        yield (
            f"it is HMAC-{name.upper()}, not HMAC-SHA256",
            replace(recipe, digest=_keyed(name)),
        )


def _plain(name: str) -> Digest:
    return lambda _, message: hashlib.new(name, message, usedforsecurity=False).digest()


def _keyed(name: str) -> Digest:
    return lambda key, message: hmac.digest(key, message, name)


def _upper_case(recipe: Recipe) -> Ways[Recipe]:
    yield (
        "it is in upper case",
        replace(recipe, text=lambda digest: digest.hex().upper()),
    )


def _form(recipe: Recipe) -> Ways[Recipe]:
    yield (
        "it is base64",
        replace(recipe, text=lambda digest: base64.b64encode(digest).decode()),
    )
    yield (
        "it is base64",
        replace(recipe, text=lambda digest: base64.urlsafe_b64encode(digest).decode()),
    )
    yield (
        "it is base64 of the hex digits",
        replace(
            recipe,
            text=lambda digest: base64.b64encode(digest.hex().encode()).decode(),
        ),
    )


MISTAKES = (
    Mistake(
        name="wrong_secret",
        remedy="copy the app secret exactly, without spaces, quotes and line ends",
        ways=_changed_secret,
    ),
    Mistake(
        name="unwrapped",
        remedy="put the app secret on both sides, beside using it as the key",
        ways=_wrapping,
    ),
    Mistake(name="hmac_key", remedy="take the app secret as the key", ways=_hmac_key),
    Mistake(
        name="digest",
        remedy="take HMAC-SHA256 with the app secret as key",
        ways=_digest,
    ),
    Mistake(
        name="upper_case",
        remedy="send the digest in lower case",
        ways=_upper_case,
    ),
    Mistake(
        name="not_hex",
        remedy="send the digest as 64 hex digits in lower case",
        ways=_form,
    ),
)
