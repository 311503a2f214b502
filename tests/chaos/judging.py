"""What must be true after all faults, whatever they were."""

from collections import Counter
from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

from sqlalchemy import select

from tests.chaos.recovery import Patience
from tests.chaos.stage import Stage
from worker.cli.demonstration.comparison import compare
from worker.domain.records import Stream
from worker.store.events import recent_events
from worker.store.export import export
from worker.store.schema.feed import changes

_PATIENCE = 60.0  # seconds


def wait_for_truth(stage: Stage) -> tuple[list[str], float]:
    """Let nothing happen any more; return what stays wrong, and how long the rest took."""
    stage.sandbox.control(freeze=True)
    truth = stage.sandbox.get("/truth")
    clock = Patience()
    while True:
        wrong = list(_differences(stage, truth))
        took = clock.look()
        if not wrong or took > _PATIENCE:
            return wrong, took
        Event().wait(0.5)


def _differences(stage: Stage, truth: Any) -> Iterator[str]:
    with stage.database.read() as connection:
        for stream in Stream:
            stored = list(export(connection, stream))
            for found in compare(stream, truth[stream.value], stored):
                yield str(found)


def doubled_changes(stage: Stage) -> list[str]:
    """Return each change that does not follow from the one before it: twice, or never told."""
    wrong = []
    known: dict[tuple[str, str, str], dict[str, Any]] = {}
    with stage.database.read() as connection:
        rows = connection.execute(select(changes).order_by(changes.c.seq)).all()
    for row in rows:
        key = (row.shop_key, row.stream, row.id)
        before = known.get(key)
        if (row.kind == "added") != (before is None):
            wrong.append(f"{key} {row.kind} at {row.seq}")
        state = before or {}
        for name, (old, new) in row.fields.items():
            if before is not None and name in state and state[name] != old:
                wrong.append(f"{key} {name} was {state[name]!r}, not {old!r}")
            if old == new:
                wrong.append(f"{key} {name} stays {old!r}")
            state[name] = new
        known[key] = state
    return wrong


def calls_over(stage: Stage) -> tuple[int, int]:
    """Return the calls beyond a limit, and all calls."""
    apps = stage.sandbox.get("/stats")["apps"].values()
    return sum(app["violations"] for app in apps), sum(app["calls"] for app in apps)


def tokens_lost(stage: Stage) -> list[str]:
    """Return each seller whose tokens cannot be refreshed any more."""
    sellers = stage.sandbox.get("/sellers")
    owners = [seller["shops"][0] for seller in sellers["tiktok_shop"]["sellers"]]
    owners += [mall for zone in sellers["temu"].values() for mall in zone["malls"]]
    lost = []
    for owner in owners:
        try:
            stage.run("refresh", "--force", "--here", "--shop", owner["shop_key"])
        except AssertionError as error:
            lost.append(str(error))
    return lost


def events(stage: Stage) -> Mapping[str, int]:
    """Return how often each event was told."""
    with stage.database.read() as connection:
        found = recent_events(connection, limit=10_000, routine=False)
    return Counter(event.name for event in found)
