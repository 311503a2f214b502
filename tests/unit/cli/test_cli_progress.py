"""Progress on a terminal: bars, rate and time left, that do not promise what nobody knows."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from worker.cli.pace import Pace
from worker.cli.progress import ShopProgress


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def pace(clock):
    """Return a pace by that clock."""
    return Pace(clock=clock)


def test_rows_in_a_second_and_the_time_left(pace, clock):
    """A quarter in ten seconds: three quarters take thirty."""
    pace.reached(rows=0, share=0.0)
    clock.now = 10.0
    pace.reached(rows=500, share=0.25)

    assert pace.rows_per_second == 50
    assert pace.time_left == timedelta(seconds=30)


def test_it_is_the_pace_of_the_last_half_minute(pace, clock):
    """A slow beginning is forgotten."""
    for second in range(100):
        clock.now = float(second)
        rows = 0 if second < 60 else (second - 60) * 100
        pace.reached(rows=rows, share=rows / 10_000)

    assert pace.rows_per_second == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_nothing_is_guessed_at_once(pace, clock, seconds):
    """The first page says little."""
    pace.reached(rows=0, share=0.0)
    clock.now = seconds
    pace.reached(rows=100, share=0.5)

    assert (pace.rows_per_second, pace.time_left) == (None, None)


def test_a_share_that_falls_begins_anew(pace, clock):
    """One slice that turned out to be twenty."""
    pace.reached(rows=0, share=0.0)
    clock.now = 10.0
    pace.reached(rows=100, share=0.5)
    clock.now = 11.0
    pace.reached(rows=100, share=0.05)

    assert pace.time_left is None


def test_who_stands_still_is_not_promised_an_end(pace, clock):
    """No share in half a minute: no time left."""
    for second in range(60):
        clock.now = float(second)
        pace.reached(rows=100, share=0.5)

    assert (pace.rows_per_second, pace.time_left) == (None, None)


@pytest.fixture
def screen():
    """Return a terminal in memory."""
    return Console(file=io.StringIO(), force_terminal=True, width=140)


def shown(screen):
    """Return what was drawn, as text."""
    return screen.file.getvalue()


def test_bar_rate_and_time_left_are_drawn(screen, clock):
    """For the shop, and for all."""
    with ShopProgress("orders:", shops=2, console=screen, clock=clock) as progress:
        progress.show("temu:eu:1", rows=0, share=0.0)
        clock.now = 10.0
        progress.show("temu:eu:1", rows=2500, share=0.5, now="10 of 20 slices left")
        progress._progress.refresh()  # noqa: SLF001 -- what the screen does now and then
    text = shown(screen)

    assert "temu:eu:1" in text
    assert "10 of 20 slices left, 2,500 rows, 250 rows/s, 0:00:10 left" in text
    assert "0 of 2 shops, 2,500 rows, 250 rows/s, 0:00:30 left" in text


def test_a_thousand_shops_do_not_scroll_the_screen_away(screen, clock):
    """Some have a line, all are counted."""
    with ShopProgress("orders:", shops=1000, console=screen, clock=clock) as progress:
        for number in range(1000):
            progress.show(f"shop-{number}", rows=1, share=0.1)
        lines = len(progress._progress.tasks)  # noqa: SLF001 -- what the screen holds
        for number in range(1000):
            progress.done(f"shop-{number}")
        progress._progress.refresh()  # noqa: SLF001 -- what the screen does now and then

    assert lines == 9
    assert "1000 of 1000 shops, 1,000 rows" in shown(screen)


def test_without_a_terminal_nothing_is_drawn(clock):
    """A log of a cron job stays clean."""
    nowhere = Console(file=io.StringIO(), force_terminal=False)
    with ShopProgress("orders:", shops=1, console=nowhere, clock=clock) as progress:
        progress.show("temu:eu:1", rows=5, share=0.5)

    assert shown(nowhere) == ""
