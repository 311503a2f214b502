"""Named misbehaviour of the marketplaces, each bounded so that a correct client converges.

A scenario only decides; what a refused call looks like is each marketplace's own matter.
"""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from typing_extensions import override


class Mishap(StrEnum):
    """What happens to a call instead of its answer."""

    # Refused for too many calls, though the client kept the limit.
    THROTTLED = "throttled"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    # A proxy's page with status 502.
    ERROR_PAGE = "html"
    # The access token ends before its time; the call is then answered accordingly.
    TOKEN_ENDS = "token_ends"  # noqa: S105 -- a word, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a scenario may know of a call."""

    app_key: str
    # A call that replaces a refresh token.
    rotates: bool = False
    # The shop or seller it is about, as far as the request says.
    owner: str = ""


class Scenario:
    """The marketplaces as they should be; others change one thing each."""

    summary: ClassVar[str] = "everything as documented"
    # The marketplaces' clock is this much ahead.
    clock_offset_seconds: ClassVar[float] = 0.0
    # At least so many changes per second happen.
    churn: ClassVar[float] = 0.0
    # A change is shown between these many seconds after it happened.
    visible_after_seconds: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def mishap(self, call: Happening) -> Mishap | None:
        """Say what happens to a call before it is looked at."""
        del call
        return None

    def loses_reply(self, call: Happening) -> bool:
        """Say whether a call is carried out but its answer gets lost."""
        del call
        return False

    def repeats_page_token(self, walk: Hashable) -> bool:
        """Say whether this page's token for the next page is its own token."""
        del walk
        return False


class Burst429(Scenario):
    """Refuses stretches of calls; these do not count as violations."""

    summary = "stretches of calls are refused though the limit is kept"
    EVERY, LENGTH, AFTER, LAST = 100, 12, 10, 1000  # calls of one app

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    @override
    def mishap(self, call: Happening) -> Mishap | None:
        place = self._calls[call.app_key]
        self._calls[call.app_key] += 1
        in_stretch = self.AFTER <= place % self.EVERY < self.AFTER + self.LENGTH
        return Mishap.THROTTLED if in_stretch and place < self.LAST else None


class Storm429(Scenario):
    """Refuses every call until another scenario is played; none counts as a violation."""

    summary = "every call is refused as one too many"

    @override
    def mishap(self, call: Happening) -> Mishap | None:
        del call
        return Mishap.THROTTLED


class ServerErrors(Scenario):
    """Answers every seventh call with an error of the server or a proxy."""

    summary = "every seventh call is answered with 500, 503 or an HTML page"
    EVERY = 7  # calls
    MISHAPS = (Mishap.SERVER_ERROR, Mishap.UNAVAILABLE, Mishap.ERROR_PAGE)

    def __init__(self) -> None:
        self._calls = 0

    @override
    def mishap(self, call: Happening) -> Mishap | None:
        self._calls += 1
        turn, rest = divmod(self._calls, self.EVERY)
        return None if rest else self.MISHAPS[turn % len(self.MISHAPS)]


class Outage(Scenario):
    """Answers nothing but 503."""

    summary = "every call is answered with 503"

    @override
    def mishap(self, call: Happening) -> Mishap | None:
        return Mishap.UNAVAILABLE


class Storm5xx(ServerErrors):
    """Answers no call at all as it should, until another scenario is played."""

    summary = "every call is answered with 500, 503 or an HTML page"
    EVERY = 1  # call


class ClockSkew(Scenario):
    """Shows and checks a time that is 400 s ahead."""

    summary = "the marketplaces' clock is 400 s ahead: Date header and timestamp check"
    clock_offset_seconds = 400.0


class ExpiredToken(Scenario):
    """Ends a TikTok Shop access token after 40 calls, three times per owner."""

    summary = "access tokens end early, now and then (TikTok Shop)"
    LIFE, TIMES = 40, 3  # calls, ends

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    @override
    def mishap(self, call: Happening) -> Mishap | None:
        self._calls[call.owner] += 1
        ends, rest = divmod(self._calls[call.owner], self.LIFE)
        return Mishap.TOKEN_ENDS if not rest and ends <= self.TIMES else None


class LostReply(Scenario):
    """Closes the connection after a call was carried out.

    The first token refresh of each seller is lost, and every fifteenth other call.
    """

    summary = "some calls are carried out, but the connection closes without an answer"
    EVERY = 15  # calls

    def __init__(self) -> None:
        self._calls = 0
        self._refreshed: set[str] = set()

    @override
    def loses_reply(self, call: Happening) -> bool:
        if call.rotates:
            first = call.owner not in self._refreshed
            self._refreshed.add(call.owner)
            return first
        self._calls += 1
        return self._calls % self.EVERY == 0


class LateRows(Scenario):
    """Shows changes 2-20 s after their update time."""

    summary = "changes become visible 2-20 s after their update time"
    churn = 1.0
    visible_after_seconds = (2.0, 20.0)


class LoopingPageToken(Scenario):
    """Lets the second page of a walk point to itself, twice per shop and stream."""

    summary = "now and then a page token leads to the same page again"
    TIMES = 2

    def __init__(self) -> None:
        self._loops: Counter[Hashable] = Counter()

    @override
    def repeats_page_token(self, walk: Hashable) -> bool:
        self._loops[walk] += 1
        return self._loops[walk] <= self.TIMES


class Churn(Scenario):
    """Changes so much that rows keep moving between pages."""

    summary = "20 changes per second: rows move while they are paged"
    churn = 20.0


SCENARIOS: dict[str, type[Scenario]] = {
    "none": Scenario,
    "429-burst": Burst429,
    "429-storm": Storm429,
    "5xx": ServerErrors,
    "outage": Outage,
    "5xx-storm": Storm5xx,
    "clock-skew": ClockSkew,
    "expired-token": ExpiredToken,
    "lost-reply": LostReply,
    "late-rows": LateRows,
    "looping-page-token": LoopingPageToken,
    "churn": Churn,
}


def play(name: str | None) -> Scenario:
    """Return a fresh scenario by name.

    Raises:
        KeyError: there is no scenario of this name.
    """
    return SCENARIOS[name or "none"]()
