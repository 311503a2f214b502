"""The supervisor: what dies is started again, later each time; what is stopped, ends."""

import signal
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from worker.cli.supervisor import Part, Supervisor

# Says when it is ready, and stays.
CODE = "import signal, time; {habit}; print(flush=True); time.sleep(60)"
LISTENS = "pass"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@dataclass
class Dead:
    """A process that has ended already."""

    pid: int = 0
    returncode: int = 1
    stdin: None = None

    def poll(self):
        return self.returncode


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 0.0
    starts: list[float] = field(default_factory=list)

    def start(self, _part):
        self.starts.append(self.now)
        return Dead()


def test_what_dies_at_once_is_started_again_later_each_time():
    """Doubling from one second up to half a minute, so that a broken part burns no CPU."""
    clock = Clock()
    supervisor = Supervisor(
        [Part(name="broken", module="m")],
        start=clock.start,
        monotonic=lambda: clock.now,
    )
    supervisor.start()
    for second in range(200):
        clock.now = float(second)
        supervisor.look()

    assert clock.starts == [0, 1, 4, 9, 18, 35, 66, 97, 128, 159, 190]


def test_a_long_life_is_forgiven():
    """Whoever was well for half a minute is started again after one second."""
    clock = Clock()
    supervisor = Supervisor(
        [Part(name="tired", module="m")], start=clock.start, monotonic=lambda: clock.now
    )
    supervisor.start()
    # Each was seen to end only 100 seconds after its start.
    for now in (100, 101, 201, 202, 302, 303):
        clock.now = float(now)
        supervisor.look()

    assert clock.starts == [0, 101, 202, 303]


@pytest.fixture
def stopped():
    """Start a real process, stop it, and give how it ended and who is said to have been killed."""

    def stop(habit, **how):
        processes: list[subprocess.Popen[bytes]] = []

        def start(_part):
            process = subprocess.Popen(
                [sys.executable, "-c", CODE.format(habit=habit)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            processes.append(process)
            assert process.stdout is not None
            process.stdout.readline()
            return process

        supervisor = Supervisor([Part(name="part", module="m")], start=start)
        supervisor.start()
        killed = supervisor.stop(**how)
        assert supervisor.stop(**how) == []
        (process,) = processes
        assert process.stdout is not None
        process.stdout.close()
        return process.returncode, killed

    return stop


def test_a_part_is_asked_to_end(stopped):
    """SIGTERM comes first."""
    assert stopped(LISTENS) == (-signal.SIGTERM, [])


def test_a_part_that_does_not_listen_is_killed_after_the_grace(stopped):
    """Nothing is left behind."""
    assert stopped(STUBBORN, grace=0.3) == (-signal.SIGKILL, ["part"])


def test_whoever_is_in_a_hurry_gets_no_grace(stopped):
    """The second Ctrl-C ends it at once."""
    killed = (-signal.SIGKILL, ["part"])
    assert stopped(STUBBORN, in_a_hurry=lambda _seconds: True) == killed
