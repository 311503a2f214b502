"""Several checks at once, and those that never end."""

import time
from threading import Event

import pytest

from worker.cli.checkup.finding import Verdict, failed_by, ok
from worker.cli.checkup.rounds import Check, all_at_once
from worker.domain.errors import OperatorError


def test_one_that_never_ends_has_failed_and_holds_up_nobody():
    """The others' findings are there, in the order of the checks, when the time is over."""
    never = Event()

    def stuck():
        yield ok("slow", "so far")
        never.wait()

    began = time.monotonic()
    first, second = all_at_once(
        [
            Check("slow", stuck, about="temu:eu:1"),
            Check("fast", lambda: [ok("fast", "fine")]),
        ],
        seconds=0.2,
    )
    took = time.monotonic() - began
    never.set()

    assert (first.verdict, first.about) == (Verdict.FAIL, "temu:eu:1")
    assert second.verdict is Verdict.OK
    assert took < 5


def test_checks_run_beside_each_other():
    """Each waits for the other, so one after the other they would never end."""
    here, there = Event(), Event()

    def meets(mine, other):
        mine.set()
        return [ok("met", "yes")] if other.wait(10) else []

    found = all_at_once(
        [
            Check("one", lambda: meets(here, there)),
            Check("two", lambda: meets(there, here)),
        ],
        seconds=10,
    )

    assert len(found) == 2


def test_a_bug_in_a_check_is_told():
    """It is raised where the command ends with one line, not lost in a thread."""

    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        all_at_once([Check("broken", broken)], seconds=5)


@pytest.mark.parametrize(
    ("said", "text", "remedy"),
    [
        ("it is away (a; b); start it", "it is away (a; b)", "start it"),
        ("no", "no", "correct it in the settings"),
    ],
)
def test_an_operators_error_is_text_and_remedy(said, text, remedy):
    """What to do stands behind the last semicolon; somebody must always do something."""
    finding = failed_by("x", OperatorError(said))

    assert (finding.text, finding.remedy) == (text, remedy)
