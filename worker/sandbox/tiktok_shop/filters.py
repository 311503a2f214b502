"""Reading what a call asks for: paging out of the query, filters out of the body."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from worker.sandbox.tiktok_shop import verdicts
from worker.sandbox.tiktok_shop.verdicts import Refused, parameter
from worker.sandbox.wire import Incoming

MAX_PAGE_SIZE = 100
MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Filters:
    """The JSON body of a search; names it does not know are ignored, as in real life."""

    values: Mapping[str, object]

    def seconds(self, name: str) -> int | None:
        """Return a time filter."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(parameter(name, "Unix seconds"))
        return value

    def text(self, name: str) -> str | None:
        """Return a text filter."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Refused(parameter(name, "string"))
        return value

    def texts(self, name: str) -> frozenset[str]:
        """Return a filter that is a list of texts."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise Refused(parameter(name, "array of strings"))
        return frozenset(map(str, value))


def filters(call: Incoming) -> Filters:
    """Read the body of a search."""
    if not call.body:
        return Filters({})
    media_type = call.headers.get("content-type", "")
    if not media_type.startswith("application/json"):
        raise Refused(verdicts.BODY_NOT_JSON)
    try:
        values = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise Refused(verdicts.BODY_NOT_JSON) from None
    if not isinstance(values, dict):
        raise Refused(verdicts.BODY_NOT_JSON)
    return Filters(values)


def page_size(call: Incoming) -> int:
    """Read the required page size, 1 to 100."""
    size = whole_number(call.query.get("page_size"))
    if size is None or not 1 <= size <= MAX_PAGE_SIZE:
        raise Refused(verdicts.PAGE_SIZE)
    return size


def whole_number(text: str | None) -> int | None:
    """Return a number without sign out of the query, None where there is none."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        return None
    return int(text)
