"""What a strict judge makes of the arrivals: all times in seconds, in order."""

from collections.abc import Sequence
from itertools import pairwise

# A rate is that of so many seconds, and it is back when it stays for so many more.
_AVERAGED, _HELD = 2.0, 3.0
# A pause as long as this is silence, not the usual distance between two calls.
_SILENCE = 0.5


def violations(arrivals: Sequence[float], limit: int, *, since: float = 0.0) -> int:
    """Count the calls that are beyond the limit in any sliding second."""
    return sum(
        1
        for first, call in zip(arrivals, arrivals[limit:], strict=False)
        if call - first < 1 and call >= since
    )


def rate(arrivals: Sequence[float], *, since: float) -> float:
    """Return the calls per second, from the last one before `since` to the last of all."""
    counted = sum(each >= since for each in arrivals)
    if not counted:
        return 0.0
    begin = arrivals[-counted - 1] if counted < len(arrivals) else since
    return counted / (arrivals[-1] - begin)


def jain(shares: Sequence[float]) -> float:
    """Return the index of fairness: 1 if all shares are equal, 1/n if one has all."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0


def longest_silence(arrivals: Sequence[float], begin: float, end: float) -> float:
    """Return the longest time without a call between two moments."""
    within = [begin, *(each for each in arrivals if begin < each < end), end]
    return max(later - earlier for earlier, later in pairwise(within))


def silent_after(arrivals: Sequence[float], storm: float, end: float) -> float:
    """Return when the last of the calls came that were on their way into a storm."""
    during = [storm, *(each for each in arrivals if storm <= each < end), end]
    for last, following in pairwise(during):
        if following - last >= _SILENCE:
            return last - storm
    return end - storm


def back_after(
    accepted: Sequence[float], since: float, *, wished: float, end: float
) -> float | None:
    """Return how long it took until a rate was reached and held; None if it was not."""

    def is_good(moment: float) -> bool:
        return sum(moment - _AVERAGED < each <= moment for each in accepted) >= (
            wished * _AVERAGED
        )

    steps = [since + step / 10 for step in range(round((end - since) * 10))]
    good = [is_good(moment) for moment in steps]
    for position, moment in enumerate(steps):
        held = good[position : position + round(_HELD * 10)]
        if len(held) == round(_HELD * 10) and all(held):
            return moment - since
    return None
