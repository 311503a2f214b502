"""How far a marketplace's clock is from ours."""

from datetime import timedelta

from worker.cli.checkup.counterpart import Counterpart
from worker.cli.checkup.finding import Finding, fail, ok, skipped, warn
from worker.domain.errors import ClockSkewed

NAME = "clock"
# A `Date` header is good to a second, and its reply takes its time.
_APART = timedelta(seconds=5)
# TikTok Shop refuses what is signed 30 s ahead of its time.
_TOO_FAR_APART = timedelta(seconds=25)


def check_clock(who: Counterpart) -> list[Finding]:
    """Judge what the replies of the other checks told about the time; asks nothing."""
    told = {
        host: ahead for host, ahead in who.seen.ahead().items() if ahead is not None
    }
    if not told:
        return [skipped(NAME, "no reply has told its time", about=who.about)]
    host, ahead = max(told.items(), key=lambda item: abs(item[1]))
    seconds = ahead.total_seconds()
    if abs(ahead) <= _APART:
        return [ok(NAME, "ours and the marketplace's agree", about=who.about)]
    said = f"ours is {abs(seconds):.0f} s {'behind' if seconds > 0 else 'ahead of'} that of {host}"
    judge = fail if abs(ahead) > _TOO_FAR_APART else warn
    return [judge(NAME, said, ClockSkewed.advice, about=who.about)]
