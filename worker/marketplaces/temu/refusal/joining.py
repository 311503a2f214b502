"""What goes wrong when names and values are sorted and joined.

The official sandbox's signatures and fifteen clients that were compared with them.
"""

from collections.abc import Mapping
from dataclasses import replace

from worker.domain.common_mistakes import separators
from worker.domain.json_spellings import spellings
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.temu.refusal.recipe import Pair, Recipe


def _whole_body(recipe: Recipe) -> Ways[Recipe]:
    what = "the body was signed as one JSON text"
    for _, spelling in spellings(dict(recipe.params)):

        def whole(
            _: Mapping[str, object], spelling: str = spelling
        ) -> tuple[Pair, ...]:
            return (("", spelling),)

        yield what, replace(recipe, pairs_of=whole)


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
    for what, marks in separators():
        yield what, replace(recipe, glue=marks)


MISTAKES = (
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
