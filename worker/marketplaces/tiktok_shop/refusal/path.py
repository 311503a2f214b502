"""What goes wrong with the path.

https://partner.tiktokshop.com/docv2/page/sign-your-api-request
"""

import re
from dataclasses import replace
from urllib.parse import unquote

from worker.domain.refusals import Mistake, Ways
from worker.marketplaces.tiktok_shop.refusal.recipe import LEGACY, Recipe

_PLACES = ("{product_id}", "{order_id}", "{package_id}", "{id}", "%s")
_NUMBER = re.compile(r"(?<=/)\d{7,}(?=/|$)")


def _without_path(recipe: Recipe) -> Ways[Recipe]:
    yield "the path is left out of what was signed", replace(recipe, path="")


def _other_path(recipe: Recipe) -> Ways[Recipe]:
    sent, path = recipe.sent, recipe.path
    address = sent.url.partition("?")[0]
    for what, other in (
        ("the host was signed with the path", sent.host + path),
        ("the whole address was signed in place of the path", address),
        (
            "the whole address was signed in place of the path",
            f"{address}?{sent.unsigned_query}",
        ),
        (
            "the query was signed with the path",
            f"{path}?{sent.unsigned_query}",
        ),
        ("the path was signed without the / it begins with", path.removeprefix("/")),
        ("the path was signed with a / at its end", path + "/"),
        ("the path was signed without the / at its end", path.rstrip("/")),
        ("the path was signed with other letters", path.lower()),
        ("the path was signed percent-decoded", unquote(path)),
        (
            "the path was signed without its version",
            re.sub(r"/20\d{4}(?=/)", "", path),
        ),
    ):
        if other != path:
            yield what, replace(recipe, path=other)
    for place in _PLACES:
        template = _NUMBER.sub(place.replace("\\", ""), path)
        if template != path:
            what = f"the path was signed with {place} in it in place of the id"
            yield what, replace(recipe, path=template)


def _legacy_place(recipe: Recipe) -> Ways[Recipe]:
    """Sign a new call's path like an old one's, or the other way round."""
    if not recipe.sent.is_legacy:
        what = f"the path was signed with {LEGACY.strip('/')} in front"
        yield what, replace(recipe, path="/api" + recipe.path)


MISTAKES = (
    Mistake(
        name="path_missing",
        remedy="put the path first, /order/202309/orders/search for example",
        ways=_without_path,
    ),
    Mistake(
        name="path_changed",
        remedy="sign the path exactly as it is sent, without host and query",
        ways=_other_path,
    ),
    Mistake(name="path_changed", remedy="sign the path as sent", ways=_legacy_place),
)
