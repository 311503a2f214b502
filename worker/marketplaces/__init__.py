"""One pure folder per marketplace, found by itself: a new folder is all a new one needs.

Nothing here does I/O. A folder offers a module-level `MARKETPLACE`; the folders do not
know each other, and nobody imports them by name.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from worker.domain.errors import OperatorError
from worker.domain.marketplace import Marketplace


@cache
def marketplaces() -> Mapping[str, Marketplace]:
    """Return every marketplace by its name."""
    found: dict[str, Marketplace] = {}
    for folder in iter_modules(__path__, prefix=f"{__name__}."):
        if folder.ispkg:
            marketplace: Marketplace = import_module(folder.name).MARKETPLACE
            found[marketplace.name] = marketplace
    return MappingProxyType(found)


def marketplace(name: str) -> Marketplace:
    """Return one marketplace; `tiktok-shop`, as commands and addresses spell it, will do.

    Raises:
        OperatorError: there is none of this name.
    """
    found = marketplaces().get(name.replace("-", "_"))
    if found is None:
        known = ", ".join(sorted(marketplaces()))
        raise OperatorError(f"there is no marketplace {name!r}; known are: {known}")
    return found
