"""What a marketplace counts calls against."""

from dataclasses import dataclass
from datetime import timedelta

A_SECOND = timedelta(seconds=1)
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many calls of one app, counted together under one name."""

    # Unique within the app: "app", "shop:123", "endpoint:bg.order.list.v2.get".
    name: str
    calls: float
    # A second: in any sliding second. Longer: in each such period of the clock, so an hour
    # begins anew at its full hour.
    per: timedelta = A_SECOND


# What calls count against that belong to no shop, and all calls where shops do not matter.
OF_APP = "app"
