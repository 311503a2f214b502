"""Which parts of a marketplace's payloads are about a person, and a payload without them."""

from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """The members of a payload that tell who somebody is or where, by name at any depth.

    By name and not by place: the same payload comes wrapped in more than one way.
    """

    names: frozenset[str] = frozenset()
    # Inside those: what tells no person from another, like the country.
    kept: frozenset[str] = frozenset()

    def blanked(self, payload: str) -> str:
        """Return a JSON payload in the same shape, with nulls in place of personal data.

        What is not JSON cannot be told apart, so nothing of it is left.
        """
        if not self.names:
            return payload
        try:
            value = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return "null"
        return orjson.dumps(self._without(value)).decode()

    def _without(self, value: object) -> object:
        match value:
            case dict():
                return {
                    name: self._blank(inner)
                    if name in self.names
                    else self._without(inner)
                    for name, inner in value.items()
                }
            case list():
                return [self._without(inner) for inner in value]
            case _:
                return value

    def _blank(self, value: object) -> object:
        match value:
            case dict():
                return {
                    name: inner if name in self.kept else self._blank(inner)
                    for name, inner in value.items()
                }
            case list():
                return []
            case _:
                return None
