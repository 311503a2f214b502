"""What goes wrong with the choice of what is signed.

The official sandbox's signatures and fifteen clients that were compared with them.
"""

from collections.abc import Mapping
from dataclasses import replace

from worker.domain.common_mistakes import other_times
from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.temu.refusal.recipe import Pair, Recipe


def _request(recipe: Recipe) -> Ways[Recipe]:
    inner = recipe.params.get("request")
    if isinstance(inner, dict):
        flat = {k: v for k, v in recipe.params.items() if k != "request"} | inner
        what = "what is inside request was signed as if it was not inside"
        yield what, replace(recipe, params=flat)


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


def _other_time(recipe: Recipe) -> Ways[Recipe]:
    for what, other in other_times(str(recipe.params.get("timestamp", ""))):
        yield what, _with(recipe, "timestamp", other)


def _stale_sign(recipe: Recipe) -> Ways[Recipe]:
    """Sign a body that still has the signature of the attempt before in it."""
    for value in ("", recipe.sent_sign):
        what = "sign was signed itself"

        def pairs(params: Mapping[str, object], value: str = value) -> tuple[Pair, ...]:
            return (*recipe.pairs_of(params), ("sign", value))

        yield what, replace(recipe, pairs_of=pairs)


def _with(recipe: Recipe, name: str, value: object) -> Recipe:
    return replace(recipe, params={**recipe.params, name: value})


def _without(recipe: Recipe, name: str) -> Recipe:
    kept = {key: value for key, value in recipe.params.items() if key != name}
    return replace(recipe, params=kept)


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
    Mistake(
        name="sign_signed",
        remedy="take sign out of the body before it is signed, above all on a retry",
        ways=_stale_sign,
    ),
)
