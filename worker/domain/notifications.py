"""What a marketplace tells unasked: a hint to look, never the state itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.domain.errors import SellersyncError


class Kind(StrEnum):
    """What there is to look at."""

    ORDER = "order"
    PRODUCT = "product"
    # The seller is said to have taken the grant back.
    DEAUTHORIZED = "deauthorized"
    # The grant is said to end soon.
    ENDS_SOON = "ends_soon"
    # Nothing that we keep.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One POST of a marketplace, unread."""

    # Names in lower case.
    headers: Mapping[str, str] = field(repr=False)
    # The very bytes: signatures are made of them.
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A delivery that is genuine, in our words."""

    # The same if it is delivered again; unique within the app.
    notification_id: str
    kind: Kind
    # The marketplace's own name of the event.
    event: str
    shop_id: str | None = None
    # The orders or products to look at.
    record_ids: tuple[str, ...] = ()
    # When the grant is said to end.
    ends_at: datetime | None = None


class DeliveryForged(SellersyncError):
    """The signature is not that of this app."""


class DeliveryUnreadable(SellersyncError):
    """It is not what the marketplace documents."""


_ID = re.compile(r"[\w.:\-]{1,128}", re.ASCII)


def plain_id(value: object) -> str | None:
    """Return an id as text; None for what is no id: rubbish goes into no row and no call."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def plain_ids(values: object) -> tuple[str, ...]:
    """Return the ids of a list, each once."""
    given = values if isinstance(values, list) else [values]
    found = [plain_id(value) for value in given]
    return tuple(dict.fromkeys(each for each in found if each is not None))
