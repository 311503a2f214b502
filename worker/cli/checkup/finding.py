"""What a check found: in words, how bad it is, and what helps."""

from dataclasses import dataclass
from enum import StrEnum

from worker.domain.errors import OperatorError


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    # It works, and may not do so for long or as well as it could.
    WARN = "warn"
    FAIL = "fail"
    # It could not be looked at, because something else is wrong.
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's; it holds no secret."""

    name: str
    verdict: Verdict
    text: str
    remedy: str = ""
    # Which app or shop it is about, if it is about one.
    about: str = ""


def ok(name: str, text: str, *, about: str = "") -> Finding:
    """Return what is as it should be."""
    return Finding(name=name, verdict=Verdict.OK, text=text, about=about)


def warn(name: str, text: str, remedy: str, *, about: str = "") -> Finding:
    """Return what works for now."""
    return Finding(
        name=name, verdict=Verdict.WARN, text=text, remedy=remedy, about=about
    )


def fail(name: str, text: str, remedy: str, *, about: str = "") -> Finding:
    """Return what does not work."""
    return Finding(
        name=name, verdict=Verdict.FAIL, text=text, remedy=remedy, about=about
    )


def skipped(name: str, because: str, *, about: str = "") -> Finding:
    """Return what could not be looked at."""
    return Finding(name=name, verdict=Verdict.SKIPPED, text=because, about=about)


def failed_by(name: str, error: OperatorError, *, about: str = "") -> Finding:
    """Return a failure whose line says what is wrong and, behind a semicolon, what to do."""
    text, _, remedy = str(error).rpartition("; ")
    if not text:
        return fail(name, remedy, "correct it in the settings", about=about)
    return fail(name, text, remedy, about=about)
