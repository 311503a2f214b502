"""What goes wrong with the parameters of a call and how they are written and sorted.

The official sandbox's signatures and fifteen clients that were compared with them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from worker.domain.json_spellings import spellings
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.temu.refusal.recipe import Pair, Recipe, text

# A clock that is read once for the signature and once more for the body.
_SECONDS_APART = 15
Write = Callable[[str, object], str | None]


def _left_out(recipe: Recipe) -> Ways[Recipe]:
    for name in recipe.params:
        what = f"{name} was not signed, as if it was added afterwards"
        yield what, _without(recipe, name)


def _business_only(recipe: Recipe) -> Ways[Recipe]:
    common = {"type", "app_key", "access_token", "timestamp", "data_type", "version"}
    kept = {k: v for k, v in recipe.params.items() if k not in common}
    what = "only the business parameters were signed"
    yield what, replace(recipe, params=kept)
    kept = {k: v for k, v in recipe.params.items() if k in common}
    what = "only the common parameters were signed"
    yield what, replace(recipe, params=kept)


def _added(recipe: Recipe) -> Ways[Recipe]:
    for name, value in (
        ("app_secret", recipe.secret),
        ("version", "V1"),
        ("version", "1.0"),
        ("data_type", "JSON"),
    ):
        if name not in recipe.params:
            what = f"a parameter {name} was signed that was not sent"
            yield what, _with(recipe, name, value)


def _stale_sign(recipe: Recipe) -> Ways[Recipe]:
    """Sign a body that still has the signature of the attempt before in it."""
    for value in ("", recipe.sent_sign):
        what = "sign was signed itself"

        def pairs(params: Mapping[str, object], value: str = value) -> tuple[Pair, ...]:
            return (*recipe.pairs_of(params), ("sign", value))

        yield what, replace(recipe, pairs_of=pairs)


def _other_time(recipe: Recipe) -> Ways[Recipe]:
    sent = str(recipe.params.get("timestamp", ""))
    if not sent.isascii() or not sent.isdigit():
        return
    seconds = int(sent)
    for apart in range(1, _SECONDS_APART + 1):
        for other in (seconds - apart, seconds + apart):
            what = (
                f"the timestamp that was signed is {apart} s from the one that was "
                "sent: the clock was read twice"
            )
            yield what, _with(recipe, "timestamp", other)
    what = "the timestamp was signed in another form than it was sent in"
    for form in (f"{seconds}.0", f"{seconds}000", str(seconds // 1000)):
        yield what, _with(recipe, "timestamp", form)


def _nested(recipe: Recipe) -> Ways[Recipe]:
    nested = {
        name: [spelling for _, spelling in spellings(value)]
        for name, value in recipe.params.items()
        if isinstance(value, dict | list)
    }
    for place, (who, _) in enumerate(spellings({}) if nested else ()):

        def write(name: str, _: object, place: int = place) -> str | None:
            return nested[name][place] if name in nested else None

        yield f"what is nested was signed {who}", _written(recipe, write)


def _wrapped(recipe: Recipe) -> Ways[Recipe]:
    def write(_: str, value: object) -> str | None:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else None

    yield "texts were signed in quotes", _written(recipe, write)

    def inner(_: str, value: object) -> str | None:
        quoted = json.dumps(value, ensure_ascii=False)
        return quoted[1:-1] if isinstance(value, str) else None

    yield "texts were signed with JSON's escapes", _written(recipe, inner)

    def ascii_only(_: str, value: object) -> str | None:
        return json.dumps(value)[1:-1] if isinstance(value, str) else None

    yield "texts were signed with \\u escapes", _written(recipe, ascii_only)

    def spaceless(_: str, value: object) -> str | None:
        return text(value).replace(" ", "").replace("'", '"')

    yield "texts were signed without their spaces", _written(recipe, spaceless)


def _booleans(recipe: Recipe) -> Ways[Recipe]:
    if not any(isinstance(value, bool) for value in recipe.params.values()):
        return
    for true, false in (("True", "False"), ("1", ""), ("1", "0"), ("TRUE", "FALSE")):

        def write(
            _: str, value: object, true: str = true, false: str = false
        ) -> str | None:
            if not isinstance(value, bool):
                return None
            return true if value else false

        what = f"true and false were signed as {true} and {false or 'nothing'}"
        yield what, _written(recipe, write)


def _numbers(recipe: Recipe) -> Ways[Recipe]:
    large = 2**53

    def as_double(_: str, value: object) -> str | None:
        if isinstance(value, int) and abs(value) > large:
            return str(int(float(value)))
        return None

    yield (
        "whole numbers above 2^53 were rounded before they were signed",
        _written(recipe, as_double),
    )

    def short(_: str, value: object) -> str | None:
        return f"{value:g}" if isinstance(value, float) else None

    def long(_: str, value: object) -> str | None:
        return f"{value:.2f}" if isinstance(value, float) else None

    what = "numbers with a fraction were signed in another form than they were sent in"
    yield what, _written(recipe, short)
    yield what, _written(recipe, long)


def _absent(recipe: Recipe) -> Ways[Recipe]:
    if None in recipe.params.values():
        for word in ("null", "None", ""):

            def null(
                params: Mapping[str, object], word: str = word
            ) -> tuple[Pair, ...]:
                nulls = [(name, word) for name, v in params.items() if v is None]
                return (*recipe.pairs_of(params), *nulls)

            what = f"null was signed as {word or 'nothing'}"
            yield what, replace(recipe, pairs_of=null)
    if "" in recipe.params.values():

        def empty(params: Mapping[str, object]) -> tuple[Pair, ...]:
            names = [(name, "") for name, value in params.items() if value == ""]
            return (*recipe.pairs_of(params), *names)

        what = "parameters with empty texts were signed"
        yield what, replace(recipe, pairs_of=empty)


def _request(recipe: Recipe) -> Ways[Recipe]:
    inner = recipe.params.get("request")
    if isinstance(inner, dict):
        flat = {k: v for k, v in recipe.params.items() if k != "request"} | inner
        what = "what is inside request was signed as if it was not inside"
        yield what, replace(recipe, params=flat)


def _order(recipe: Recipe) -> Ways[Recipe]:
    yield "the parameters were not sorted", replace(recipe, order=None)
    yield (
        "the parameters were sorted without regard to case",
        replace(recipe, order=lambda pair: pair[0].lower()),
    )
    both = "".join
    yield (
        "names were sorted together with their values",
        replace(recipe, order=both),
    )
    yield (
        "names were sorted together with their values, and from Z to A",
        replace(recipe, order=both, backwards=True),
    )
    yield "the parameters were sorted from Z to A", replace(recipe, backwards=True)
    yield (
        "the parameters were sorted by their values",
        replace(recipe, order=lambda pair: pair[1]),
    )


def _glue(recipe: Recipe) -> Ways[Recipe]:
    for equals, ampersand in (("=", "&"), ("=", ""), ("", "&"), (":", ""), (" ", " ")):
        marks = " and ".join(mark for mark in (equals, ampersand) if mark.strip())
        what = f"{marks or 'spaces'} stand between the parameters that were signed"
        yield what, replace(recipe, glue=(equals, ampersand))


def _whole_body(recipe: Recipe) -> Ways[Recipe]:
    what = "the body was signed as one JSON text"
    for _, spelling in spellings(dict(recipe.params)):

        def whole(
            _: Mapping[str, object], spelling: str = spelling
        ) -> tuple[Pair, ...]:
            return (("", spelling),)

        yield what, replace(recipe, pairs_of=whole)


def _written(recipe: Recipe, write: Write) -> Recipe:
    """Write some values in another way; None of `write` leaves one as it was."""

    def pairs(params: Mapping[str, object]) -> tuple[Pair, ...]:
        return tuple(
            (name, value if other is None else other)
            for name, value in recipe.pairs_of(params)
            for other in [write(name, params.get(name, value))]
        )

    return replace(recipe, pairs_of=pairs)


def _with(recipe: Recipe, name: str, value: object) -> Recipe:
    return replace(recipe, params={**recipe.params, name: value})


def _without(recipe: Recipe, name: str) -> Recipe:
    kept = {key: value for key, value in recipe.params.items() if key != name}
    return replace(recipe, params=kept)


_COMPACT = (
    "write nested values as compact JSON with raw text, their keys in the order in "
    "which they are sent"
)

MISTAKES = (
    Mistake(
        name="request_wrapped",
        remedy="send the business parameters at the top level, without request",
        ways=_request,
    ),
    Mistake(
        name="parameter_left_out",
        remedy="sign every member of the body, all but sign",
        ways=_left_out,
    ),
    Mistake(
        name="parameters_left_out",
        remedy="sign every member of the body, common and business parameters alike",
        ways=_business_only,
    ),
    Mistake(name="parameter_not_sent", remedy="sign only what is sent", ways=_added),
    Mistake(
        name="other_timestamp",
        remedy="read the clock once, in whole seconds, and sign and send that value",
        ways=_other_time,
    ),
    Mistake(name="nested_form", remedy=_COMPACT, ways=_nested),
    Mistake(
        name="text_form",
        remedy="sign texts at the top level as they are",
        ways=_wrapped,
    ),
    Mistake(name="boolean_form", remedy="write true and false", ways=_booleans),
    Mistake(
        name="number_form",
        remedy="send amounts as texts and large ids as texts or exact whole numbers",
        ways=_numbers,
    ),
    Mistake(
        name="empty_signed",
        remedy="neither send nor sign nulls and empty texts",
        ways=_absent,
    ),
    Mistake(
        name="sign_signed",
        remedy="take sign out of the body before it is signed, above all on a retry",
        ways=_stale_sign,
    ),
    Mistake(
        name="body_signed",
        remedy="join the names and values of the top level, without braces",
        ways=_whole_body,
    ),
    Mistake(
        name="key_order",
        remedy="sort the outermost names alone, in ASCII order",
        ways=_order,
    ),
    Mistake(
        name="separators",
        remedy="join names and values with nothing between them",
        ways=_glue,
    ),
)
