"""The faults, each from its beginning to its end; what begins after it is the recovery."""

import random
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil

from tests.chaos.stage import Stage
from tests.postgresql import away
from worker.store.streams import all_streams

Fault = Callable[[Stage, random.Random], None]

# What each call takes, besides: pages are in flight whenever something happens.
LATENCY = 150  # milliseconds

_SKEWED = Path(__file__).with_name("skewed")


def _wait(seconds: float) -> None:
    Event().wait(seconds)


def kill_a_worker(stage: Stage, chance: random.Random) -> None:
    """In the middle of its pages: each of them takes two seconds."""
    stage.sandbox.control(latency_ms=2000)
    _wait(3 + chance.uniform(0, 1))
    stage.crew.send(_busiest_worker(stage), signal.SIGKILL)
    stage.sandbox.control(latency_ms=LATENCY)


def kill_all_workers(stage: Stage, _chance: random.Random) -> None:
    """All at once."""
    for name in stage.crew.names("worker"):
        stage.crew.send(name, signal.SIGKILL)


def freeze_a_worker(stage: Stage, _chance: random.Random) -> None:
    """For longer than its leases, then it goes on where it was."""
    name = _busiest_worker(stage)
    stage.crew.send(name, signal.SIGSTOP)
    _wait(20)
    stage.crew.send(name, signal.SIGCONT)


def kill_a_beat(stage: Stage, chance: random.Random) -> None:
    """The other one goes on."""
    stage.crew.send(chance.choice(stage.crew.names("beat")), signal.SIGKILL)


def kill_both_beats(stage: Stage, _chance: random.Random) -> None:
    """Nobody ticks until they are replaced."""
    for name in stage.crew.names("beat"):
        stage.crew.send(name, signal.SIGKILL)


def freeze_a_beat(stage: Stage, chance: random.Random) -> None:
    """The other one goes on meanwhile."""
    name = chance.choice(stage.crew.names("beat"))
    stage.crew.send(name, signal.SIGSTOP)
    _wait(10)
    stage.crew.send(name, signal.SIGCONT)


def restart_valkey(stage: Stage, _chance: random.Random) -> None:
    """As an update does: SIGTERM, six seconds away."""
    stage.valkey.end(signal.SIGTERM)
    _wait(6)
    stage.valkey.start()


def kill_valkey(stage: Stage, _chance: random.Random) -> None:
    """The last second of its file may be missing."""
    stage.valkey.end(signal.SIGKILL)
    _wait(3)
    stage.valkey.start()


def take_valkey_away(stage: Stage, _chance: random.Random) -> None:
    """For so long that everybody tries less and less often."""
    stage.valkey.end(signal.SIGTERM)
    _wait(45)
    stage.valkey.start()


def freeze_valkey(stage: Stage, _chance: random.Random) -> None:
    """All connections stay open, nothing answers."""
    stage.valkey.freeze()
    _wait(20)
    stage.valkey.thaw()


def drop_valkeys_clients(stage: Stage, _chance: random.Random) -> None:
    """Every connection is cut; the next one works."""
    stage.valkey.drop_clients()


def half_open(stage: Stage, _chance: random.Random) -> None:
    """What is connected talks to nobody and is not told."""
    stage.wire.go_dead()


def restart_postgresql(stage: Stage, _chance: random.Random) -> None:
    """As an update does: five seconds away."""
    with away(_data_folder(stage)):
        _wait(5)


def freeze_postgresql(stage: Stage, _chance: random.Random) -> None:
    """All connections stay open, nothing answers: for longer than the leases."""
    told = (_data_folder(stage) / "postmaster.pid").read_text()
    server = psutil.Process(int(told.split()[0]))
    # Then it starts no others.
    server.suspend()
    processes = [*server.children(recursive=True), server]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    _wait(20)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def drop_postgresqls_clients(stage: Stage, _chance: random.Random) -> None:
    """Every connection to the database is cut, in the middle of a transaction too."""
    with stage.database.write() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def storm_of_5xx(stage: Stage, _chance: random.Random) -> None:
    """No call is answered as it should be, refreshes neither."""
    _play(stage, "5xx-storm", seconds=12)


def storm_of_429(stage: Stage, _chance: random.Random) -> None:
    """Every call is refused."""
    _play(stage, "429-storm", seconds=12)


def put_a_clock_ahead(stage: Stage, chance: random.Random) -> None:
    """A worker's host is 40 s ahead of the others, for half a minute."""
    name = chance.choice(stage.crew.names("worker"))
    stage.crew.besides[name] = {"PYTHONPATH": str(_SKEWED), "CLOCK_AHEAD": "40"}
    stage.crew.send(name, signal.SIGKILL)
    _wait(30)
    del stage.crew.besides[name]
    stage.crew.send(name, signal.SIGTERM)


def _busiest_worker(stage: Stage) -> str:
    """Return the worker that holds the most streams: their tokens begin with its number."""
    with stage.database.read() as connection:
        tokens = [found.lease_token or "" for found in all_streams(connection)]
    return max(
        stage.crew.names("worker"),
        key=lambda name: sum(
            token.startswith(f"{stage.crew.pid(name)}.") for token in tokens
        ),
    )


def _play(stage: Stage, scenario: str, *, seconds: float) -> None:
    stage.sandbox.control(scenario=scenario)
    _wait(seconds)
    stage.sandbox.control(scenario=None)


def _data_folder(stage: Stage) -> Path:
    with stage.database.read() as connection:
        found = connection.exec_driver_sql("SHOW data_directory").scalar_one()
    stage.database.engine.dispose()
    return Path(str(found))


FAULTS: Mapping[str, Fault] = {
    "a worker killed": kill_a_worker,
    "all workers killed": kill_all_workers,
    "a worker frozen for 20 s": freeze_a_worker,
    "a beat killed": kill_a_beat,
    "both beats killed": kill_both_beats,
    "a beat frozen for 10 s": freeze_a_beat,
    "Valkey restarted, 6 s away": restart_valkey,
    "Valkey killed, 3 s away": kill_valkey,
    "Valkey 45 s away": take_valkey_away,
    "Valkey frozen for 20 s": freeze_valkey,
    "Valkey's clients dropped": drop_valkeys_clients,
    "connections half open": half_open,
    "PostgreSQL restarted, 5 s away": restart_postgresql,
    "PostgreSQL frozen for 20 s": freeze_postgresql,
    "PostgreSQL's clients dropped": drop_postgresqls_clients,
    "12 s of 5xx": storm_of_5xx,
    "12 s of 429": storm_of_429,
    "a clock 40 s ahead for 30 s": put_a_clock_ahead,
}
# Those of a minute and a half: one of each kind, and quick.
SHORT = (
    "a worker killed",
    "Valkey's clients dropped",
    "Valkey killed, 3 s away",
    "PostgreSQL's clients dropped",
    "both beats killed",
)
