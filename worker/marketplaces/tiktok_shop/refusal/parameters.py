"""What goes wrong with the parameters: which are signed, and how they are written.

https://partner.tiktokshop.com/docv2/page/sign-your-api-request
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus, unquote

from worker.domain.common_mistakes import other_times
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.tiktok_shop.refusal.recipe import Pair, Recipe
from worker.marketplaces.tiktok_shop.signing import UNSIGNED


def _token(recipe: Recipe) -> Ways[Recipe]:
    for name in ("access_token", "x-tts-access-token"):
        if recipe.sent.token:
            what = "the access_token was signed"
            yield what, _with(recipe, (name, recipe.sent.token))


def _signature(recipe: Recipe) -> Ways[Recipe]:
    what = "the parameter sign was signed itself"
    yield what, _with(recipe, ("sign", ""))
    yield what, _with(recipe, ("sign", recipe.sent.query.get("sign", "")))


def _secret_parameter(recipe: Recipe) -> Ways[Recipe]:
    what = "the app_secret was signed as a parameter"
    yield what, _with(recipe, ("app_secret", recipe.key))


def _header(recipe: Recipe) -> Ways[Recipe]:
    for name, value in recipe.sent.headers.items():
        if name != "x-tts-access-token":
            what = f"the header {name} was signed"
            yield what, _with(recipe, (name, value))


def _raw_plus(recipe: Recipe) -> Ways[Recipe]:
    pairs = tuple(
        (name, unquote(value))
        for name, value in recipe.sent.encoded_pairs
        if name not in UNSIGNED
    )
    spaced = [pair[0] for pair in recipe.sent.encoded_pairs if "+" in pair[1]]
    if spaced:
        what = (
            f"the + in {', '.join(spaced)} was sent as it is and arrives as a space, "
            "while it was signed as a +"
        )
        yield what, replace(recipe, pairs=pairs)


def _encoded(recipe: Recipe) -> Ways[Recipe]:
    as_sent = tuple(pair for pair in recipe.sent.encoded_pairs if _is_signed(pair))
    for pairs in (
        as_sent,
        tuple((name, quote(value, safe="")) for name, value in recipe.pairs),
        tuple((name, quote(value)) for name, value in recipe.pairs),
        tuple((name, quote_plus(value)) for name, value in recipe.pairs),
    ):
        changed = [
            pair[0]
            for pair, other in zip(recipe.pairs, pairs, strict=False)
            if pair[1] != other[1]
        ]
        if changed:
            names = ", ".join(changed)
            what = f"the value of {names} was signed percent-encoded"
            yield what, replace(recipe, pairs=pairs)


def _encoded_twice(recipe: Recipe) -> Ways[Recipe]:
    twice = [name for name, value in recipe.pairs if unquote(value) != value]
    if twice:
        what = f"{', '.join(twice)} was percent-encoded twice on its way"
        pairs = tuple((name, unquote(value)) for name, value in recipe.pairs)
        yield what, replace(recipe, pairs=pairs)


def _empty(recipe: Recipe) -> Ways[Recipe]:
    kept = tuple(pair for pair in recipe.pairs if pair[1])
    if kept != recipe.pairs:
        what = "parameters with empty values were sent, but not signed"
        yield what, replace(recipe, pairs=kept)


def _left_out(recipe: Recipe) -> Ways[Recipe]:
    for name in {name: None for name, _ in recipe.pairs}:
        what = f"{name} was not signed, as if it was added afterwards"
        yield what, _without(recipe, name)


def _none(recipe: Recipe) -> Ways[Recipe]:
    yield "no parameter was signed", replace(recipe, pairs=())


def _other_time(recipe: Recipe) -> Ways[Recipe]:
    for what, other in other_times(recipe.sent.query.get("timestamp", "")):
        yield what, _with(_without(recipe, "timestamp"), ("timestamp", str(other)))


def _version(recipe: Recipe) -> Ways[Recipe]:
    found = re.search(r"/(20\d{4})/", recipe.sent.path)
    if found and "version" not in recipe.sent.query:
        what = "a parameter version was signed that was not sent"
        yield what, _with(recipe, ("version", found[1]))


def _is_signed(pair: Pair) -> bool:
    return pair[0] not in UNSIGNED


def _with(recipe: Recipe, pair: Pair) -> Recipe:
    return replace(recipe, pairs=(*recipe.pairs, pair))


def _without(recipe: Recipe, name: str) -> Recipe:
    kept: Iterator[Pair] = (pair for pair in recipe.pairs if pair[0] != name)
    return replace(recipe, pairs=tuple(kept))


MISTAKES = (
    Mistake(
        name="access_token_signed",
        remedy="leave access_token out of what is signed, as sign itself",
        ways=_token,
    ),
    Mistake(
        name="sign_signed",
        remedy="leave sign out of what is signed",
        ways=_signature,
    ),
    Mistake(
        name="app_secret_signed",
        remedy="neither send nor sort in the app secret; it only goes around the rest",
        ways=_secret_parameter,
    ),
    Mistake(
        name="header_signed", remedy="sign no header, only the query", ways=_header
    ),
    Mistake(
        name="raw_plus",
        remedy="percent-encode values in the address: + as %2B, / as %2F, = as %3D",
        ways=_raw_plus,
    ),
    Mistake(
        name="percent_encoded",
        remedy="sign values as they are and percent-encode them only in the address",
        ways=_encoded,
    ),
    Mistake(
        name="percent_encoded_twice",
        remedy="percent-encode values once; most HTTP libraries do it by themselves",
        ways=_encoded_twice,
    ),
    Mistake(
        name="empty_left_out",
        remedy="leave parameters without a value out of the address too",
        ways=_empty,
    ),
    Mistake(
        name="parameter_left_out",
        remedy="sign every parameter that is sent, all but sign and access_token",
        ways=_left_out,
    ),
    Mistake(
        name="parameters_left_out",
        remedy="sign every parameter that is sent, all but sign and access_token",
        ways=_none,
    ),
    Mistake(
        name="other_timestamp",
        remedy="read the clock once, in whole seconds, and sign and send that value",
        ways=_other_time,
    ),
    Mistake(
        name="parameter_not_sent",
        remedy="sign only what is sent; the version is in the path",
        ways=_version,
    ),
)
