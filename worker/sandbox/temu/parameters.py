"""Reading Temu's business parameters, as strictly typed as the real gateway is.

Names it does not know are ignored without a word, as in real life.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.sandbox.temu.verdicts import Refused, bad_params


@dataclass(frozen=True, slots=True)
class Parameters:
    """The flat body of a call."""

    values: Mapping[str, object]

    def integer(self, name: str) -> int | None:
        """Return an integer; a digit string is not one."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(bad_params(name))
        return value

    def text(self, name: str) -> str | None:
        """Return a text."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Refused(bad_params(name))
        return value

    def texts(self, name: str) -> frozenset[str]:
        """Return a list of texts."""
        found = set()
        for item in self._items(name):
            if not isinstance(item, str):
                raise Refused(bad_params(name))
            found.add(item)
        return frozenset(found)

    def integers(self, name: str) -> frozenset[int]:
        """Return a list of integers."""
        found = set()
        for item in self._items(name):
            if isinstance(item, bool) or not isinstance(item, int):
                raise Refused(bad_params(name))
            found.add(item)
        return frozenset(found)

    def _items(self, name: str) -> list[object]:
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Refused(bad_params(name))
        return value
