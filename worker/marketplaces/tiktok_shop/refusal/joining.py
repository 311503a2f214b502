"""What goes wrong when names and values are sorted and joined.

https://partner.tiktokshop.com/docv2/page/sign-your-api-request
"""

from dataclasses import replace

from worker.domain.common_mistakes import separators
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.tiktok_shop.refusal.recipe import Recipe


def _order(recipe: Recipe) -> Ways[Recipe]:
    yield "the parameters were not sorted", replace(recipe, order=None)
    yield (
        "the parameters were sorted without regard to case",
        replace(recipe, order=lambda pair: pair[0].lower()),
    )
    yield (
        "the parameters were sorted from Z to A",
        replace(recipe, order=lambda pair: [-ord(mark) for mark in pair[0]]),
    )
    yield (
        "the parameters were sorted by their values",
        replace(recipe, order=lambda pair: pair[1]),
    )


def _glue(recipe: Recipe) -> Ways[Recipe]:
    for what, marks in separators():
        yield what, replace(recipe, glue=marks)


MISTAKES = (
    Mistake(
        name="key_order",
        remedy="sort the parameters by name in ASCII order, A to Z before a to z",
        ways=_order,
    ),
    Mistake(
        name="separators",
        remedy="join names and values with nothing between them",
        ways=_glue,
    ),
)
