"""What goes wrong with how values are written.

The official sandbox's signatures and fifteen clients that were compared with them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from worker.domain.json_spellings import spellings
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.temu.refusal.recipe import Pair, Recipe, text

Write = Callable[[str, object], str | None]


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


def _written(recipe: Recipe, write: Write) -> Recipe:
    """Write some values in another way; None of `write` leaves one as it was."""

    def pairs(params: Mapping[str, object]) -> tuple[Pair, ...]:
        return tuple(
            (name, value if other is None else other)
            for name, value in recipe.pairs_of(params)
            for other in [write(name, params.get(name, value))]
        )

    return replace(recipe, pairs_of=pairs)


_COMPACT = (
    "write nested values as compact JSON with raw text, their keys in the order in "
    "which they are sent"
)

MISTAKES = (
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
)
