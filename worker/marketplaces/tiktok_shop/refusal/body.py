"""What goes wrong with the body: other bytes are signed than are sent.

https://partner.tiktokshop.com/docv2/page/sign-your-api-request
"""

import hashlib
import json
from dataclasses import replace

from worker.domain.json_spellings import spellings
from worker.domain.json_text import read_json
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.tiktok_shop.refusal.recipe import Recipe

_NOTHING = (b"{}", b"null", b"[]", b'""', b"undefined", b"None", b"{ }")


def _unsigned(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body:
        yield "the body was not signed", replace(recipe, body=b"")


def _signed(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body or not recipe.sent.body:
        return
    kind = (
        "calls from before 202309 do not sign it"
        if recipe.sent.is_legacy
        else "an upload (multipart/form-data) does not sign it"
    )
    what = f"the body was signed although {kind}"
    yield what, replace(recipe, body=recipe.sent.body)
    for _, spelling in _spellings(recipe.sent.body):
        yield what, replace(recipe, body=spelling)


def _made_up(recipe: Recipe) -> Ways[Recipe]:
    if not recipe.sent.body:
        for body in _NOTHING:
            what = f"{body.decode()} was signed although no body was sent"
            yield what, replace(recipe, body=body)


def _empty_object(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body in {b"{}", b"[]"}:
        for other in ({b"{}", b"[]"} - {recipe.body}) | {b"null"}:
            what = f"{other.decode()} was signed and {recipe.body.decode()} was sent"
            yield what, replace(recipe, body=other)


def _written_again(recipe: Recipe) -> Ways[Recipe]:
    """The classic: `sign(json.dumps(body))` and then `requests.post(json=body)`."""
    for who, spelling in _spellings(recipe.body):
        if spelling != recipe.body:
            what = f"the body that was signed has other bytes: it was {who}"
            yield what, replace(recipe, body=spelling)


def _edges(recipe: Recipe) -> Ways[Recipe]:
    if not recipe.body:
        return
    what = "the body that was signed differs in the white space around it"
    stripped = recipe.body.strip()
    for other in (stripped, stripped + b"\n", stripped + b"\r\n", b"\n" + stripped):
        if other != recipe.body:
            yield what, replace(recipe, body=other)
    what = "the body that was signed has other line ends"
    unix = recipe.body.replace(b"\r\n", b"\n")
    for other in (
        unix,
        unix.replace(b"\n", b"\r\n"),
        # `curl -d @file` sends a file without them.
        unix.replace(b"\n", b""),
    ):
        if other != recipe.body:
            yield what, replace(recipe, body=other)
    what = "the body was signed with a byte order mark in front"
    yield what, replace(recipe, body=b"\xef\xbb\xbf" + recipe.body)


def _other_charset(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body.isascii():
        return
    text = recipe.body.decode(errors="replace")
    what = "the body was signed in another encoding than UTF-8"
    for charset in ("latin-1", "cp1252", "gbk", "utf-16-le", "utf-16-be"):
        yield what, replace(recipe, body=text.encode(charset, errors="replace"))


def _quoted(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body:
        text = json.dumps(recipe.body.decode(errors="replace"))
        what = "the body was turned into JSON twice before it was signed"
        yield what, replace(recipe, body=text.encode())


def _as_parameters(recipe: Recipe) -> Ways[Recipe]:
    value = read_json(recipe.body)
    if not isinstance(value, dict):
        return
    what = "the members of the body were signed like parameters"
    for scalars_only in (False, True):
        added = tuple(
            (str(name), inner if isinstance(inner, str) else _compact(inner))
            for name, inner in value.items()
            if not (scalars_only and isinstance(inner, dict | list))
        )
        yield what, replace(recipe, pairs=recipe.pairs + added, body=b"")


def _hashed(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body:
        for name in ("md5", "sha256"):
            digest = hashlib.new(name, recipe.body, usedforsecurity=False).hexdigest()
            what = "a digest of the body was signed in its place"
            yield what, replace(recipe, body=digest.encode())


def _after(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body:
        what = "the body was put after the second app secret"
        yield what, replace(recipe, body_is_last=True)


def _before_parameters(recipe: Recipe) -> Ways[Recipe]:
    if recipe.body and recipe.pairs:
        what = "the body was put before the parameters"
        body = recipe.body.decode(errors="replace")
        yield what, replace(recipe, path=recipe.path + body, body=b"")


def _spellings(body: bytes) -> list[tuple[str, bytes]]:
    value = read_json(body)
    if value is None:
        return []
    return [(who, text.encode(errors="replace")) for who, text in spellings(value)]


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_SAME_BYTES = "write the body once, sign these bytes, and send these bytes (data=body, not json=…)"

MISTAKES = (
    Mistake(
        name="body_unsigned",
        remedy="append the exact bytes of the body before the second app secret",
        ways=_unsigned,
    ),
    Mistake(name="body_signed", remedy="leave the body out", ways=_signed),
    Mistake(
        name="missing_body_signed",
        remedy="append nothing where no body is sent, as with every GET",
        ways=_made_up,
    ),
    Mistake(name="body_rewritten", remedy=_SAME_BYTES, ways=_empty_object),
    Mistake(name="body_rewritten", remedy=_SAME_BYTES, ways=_written_again),
    Mistake(name="body_rewritten", remedy=_SAME_BYTES, ways=_edges),
    Mistake(
        name="body_charset",
        remedy="encode the body as UTF-8 once, for the signature and for the wire",
        ways=_other_charset,
    ),
    Mistake(name="body_rewritten", remedy=_SAME_BYTES, ways=_quoted),
    Mistake(
        name="body_as_parameters",
        remedy="append the bytes of the body after the parameters",
        ways=_as_parameters,
    ),
    Mistake(
        name="body_hashed",
        remedy="append the bytes of the body themselves",
        ways=_hashed,
    ),
    Mistake(
        name="body_misplaced",
        remedy="put it after the parameters and before the second app secret",
        ways=_after,
    ),
    Mistake(
        name="body_misplaced",
        remedy="put it after the parameters and before the second app secret",
        ways=_before_parameters,
    ),
)
