"""Hides from our programs what only the developers' extra brings along.

SQLAlchemy and requests load these where they find them, which takes memory that they do not
take where sellersync is only used.
"""

import sys

for _name in ("greenlet", "simplejson"):
    # https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules[_name] = None  # type: ignore[assignment]  # None is for "not there"
