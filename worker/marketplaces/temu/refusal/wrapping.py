"""What goes wrong around the text that is signed: secret, digest, form of the result."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

from worker.domain.common_mistakes import miscopied
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.temu.refusal.recipe import Recipe

Digest = Callable[[str, bytes], bytes]


def _changed_secret(recipe: Recipe) -> Ways[Recipe]:
    others = {
        "app key": str(recipe.params.get("app_key", "")),
        "access_token": str(recipe.params.get("access_token", "")),
    }
    for what, other in miscopied(recipe.secret, mistaken_for=others):
        yield what, replace(recipe, secret=other, before=other, after=other)


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


def _digest(recipe: Recipe) -> Ways[Recipe]:
    for name in ("sha256", "sha1"):
        yield (
            f"it is plain {name.upper()}, not MD5",
            replace(recipe, digest=_plain(name)),
        )
    for name in ("sha256", "md5"):
        yield (
            f"it is HMAC-{name.upper()}, not MD5",
            replace(recipe, digest=_keyed(name)),
        )


def _plain(name: str) -> Digest:
    return lambda _, message: hashlib.new(name, message, usedforsecurity=False).digest()


def _keyed(name: str) -> Digest:
    return lambda secret, message: hmac.digest(secret.encode(), message, name)


def _lower_case(recipe: Recipe) -> Ways[Recipe]:
    yield "it is in lower case", replace(recipe, form=bytes.hex)


def _form(recipe: Recipe) -> Ways[Recipe]:
    yield (
        "it is base64",
        replace(recipe, form=lambda digest: base64.b64encode(digest).decode()),
    )
    # The middle half of an MD5, as some libraries call it MD5.
    yield "it has half of the digits", replace(recipe, form=lambda d: d.hex()[8:24])


MISTAKES = (
    Mistake(
        name="wrong_secret",
        remedy="copy the app secret exactly, without spaces, quotes and line ends",
        ways=_changed_secret,
    ),
    Mistake(
        name="unwrapped",
        remedy="put the app secret on both sides",
        ways=_wrapping,
    ),
    Mistake(name="digest", remedy="take MD5, as 32 hex digits", ways=_digest),
    Mistake(
        name="lower_case", remedy="send the digest in upper case", ways=_lower_case
    ),
    Mistake(
        name="not_hex",
        remedy="send the digest as 32 hex digits in upper case",
        ways=_form,
    ),
)
