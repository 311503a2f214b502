"""Why a signature was refused: known mistakes are made on purpose until it comes out.

A recipe is a marketplace's own value: everything that goes into one signature. A mistake
makes other recipes of it. The mistakes that lead to the signature that was sent are the
causes, first each alone, then two together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Recipe = TypeVar("Recipe")

# What was done, as the end of "refused because …", and the recipe that does it.
Ways = Iterator[tuple[str, Recipe]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that is wrong with a request; holds no secret and no token."""

    # One word for programs: `upper_case`.
    name: str
    # Both are parts of a sentence: "refused because {what}: {remedy}".
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What came of looking at a signature that was refused."""

    # Does the request carry the signature that it should?
    is_right: bool
    # What was done to get the one it carries; empty if it is right, or nothing explains it.
    causes: tuple[Cause, ...]
    # What makes the marketplace refuse the request beside its signature.
    remarks: tuple[Cause, ...]
    # The right one.
    sign: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake(Generic[Recipe]):
    """Something that people or their libraries do wrong, and how it is done."""

    name: str
    remedy: str
    ways: Callable[[Recipe], Ways[Recipe]]

    def made_on(self, recipe: Recipe) -> Iterator[tuple[Cause, Recipe]]:
        """Make it in every way there is."""
        for what, wrong in self.ways(recipe):
            yield Cause(name=self.name, what=what, remedy=self.remedy), wrong


def retrace(
    recipe: Recipe,
    mistakes: Sequence[Mistake[Recipe]],
    *,
    outcome: Callable[[Recipe], str],
    wanted: str,
) -> tuple[Cause, ...]:
    """Return the fewest mistakes that lead to a signature; nothing if no two of them do.

    Of two the one that comes first is made first, so what is about the ingredients stands
    before what is about their order and form.
    """
    singles = [
        (place, cause, wrong)
        for place, mistake in enumerate(mistakes, start=1)
        for cause, wrong in mistake.made_on(recipe)
    ]
    for _, cause, wrong in singles:
        if outcome(wrong) == wanted:
            return (cause,)
    for place, first, wrong in singles:
        for second, doubly_wrong in _all(mistakes[place:], wrong):
            if outcome(doubly_wrong) == wanted:
                return (first, second)
    return ()


def _all(
    mistakes: Iterable[Mistake[Recipe]], recipe: Recipe
) -> Iterator[tuple[Cause, Recipe]]:
    for mistake in mistakes:
        yield from mistake.made_on(recipe)
