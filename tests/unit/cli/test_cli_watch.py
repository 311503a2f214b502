"""`status --watch` looks again and again, whatever one look comes to."""

import contextlib
import io
import os
import pty
import select
import signal
import subprocess
import sys
from datetime import timedelta
from time import monotonic

import orjson
import pytest
from rich.console import Console

from worker.cli.watching import Shown, watch
from worker.domain.errors import OperatorError


class Looks:
    """Looks that come to this, one after the other; then somebody presses Ctrl-C."""

    def __init__(self, *came):
        self._came = list(came)

    def __call__(self):
        if not self._came:
            raise KeyboardInterrupt
        came = self._came.pop(0)
        if isinstance(came, Exception):
            raise came
        return {"shops": [came]}


def tables(document):
    """Return the one table of a look."""
    rows = [[key] for key in document.get("shops", ())]
    return [Shown("Shops", ("shop_key",), rows)] if rows else []


def watched(looks, *, json=False, console=None):
    """Watch without waiting."""
    watch(
        looks,
        tables,
        every=timedelta(0),
        json=json,
        console=console or Console(file=io.StringIO()),
    )


def test_each_look_is_a_line_of_json(capsysbinary):
    """For a program that follows; a look that failed is one, too."""
    watched(Looks("a", OperatorError("the database is away"), "b"), json=True)
    lines = [orjson.loads(line) for line in capsysbinary.readouterr().out.splitlines()]

    assert [(line.get("shops"), line.get("error")) for line in lines] == [
        (["a"], None),
        (None, "the database is away"),
        (["b"], None),
    ]
    assert all(line["at"].endswith("Z") for line in lines)


def test_without_a_terminal_looks_follow_each_other(capsysbinary):
    """Each with its time."""
    watched(Looks("a", OperatorError("the database is away"), "b"))
    out = capsysbinary.readouterr().out.decode()

    assert out.count("sellersync status, ") == 3
    assert out.index("\na\n") < out.index("the database is away") < out.index("\nb\n")


def test_on_a_terminal_a_look_takes_the_place_of_the_one_before():
    """As many rows as the screen holds, and a failed look leaves the program running."""
    paper = io.StringIO()
    screen = Console(file=paper, force_terminal=True, width=80, height=20)
    watched(Looks("shop-a", OperatorError("away"), "shop-b"), console=screen)
    drawn = paper.getvalue()

    assert "\x1b[?1049h" in drawn  # the alternate screen is entered
    assert "\x1b[?1049l" in drawn  # and left
    assert drawn.index("shop-a") < drawn.index("away") < drawn.index("shop-b")


@pytest.mark.usefixtures("shop_keys")
def test_ctrl_c_ends_it_well(home, tmp_path):
    """Exit status 0, on a real terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "worker.cli", "status", "--watch", "--every", "100ms"],
        env={**os.environ, "SELLERSYNC_HOME": str(home), "TERM": "xterm"},
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    give_up = monotonic() + 60
    while seen.count(b"sellersync status, ") < 3 and monotonic() < give_up:
        if select.select([ours], [], [], 1)[0]:
            seen += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    # What it still draws must find a reader.
    with contextlib.suppress(OSError):
        while os.read(ours, 65536):
            pass
    os.close(ours)

    assert process.wait(20) == 0
    assert b"temu:eu:1" in seen
    assert b"Traceback" not in seen


def test_every_without_watch_is_wrong_usage(sellersync):
    """And faster than the eye is, too."""
    alone = sellersync("status", "--every", "1s")
    frantic = sellersync("status", "--watch", "--every", "1ms")

    assert (alone.status, frantic.status) == (2, 2)
