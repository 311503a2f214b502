"""Several checks at once, none of which can hold up the others or the end."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Thread

from worker.cli.checkup.finding import Finding, fail


@dataclass(frozen=True, slots=True)
class Check:
    """One check, and how it is named if it does not come to its end."""

    name: str
    run: Callable[[], Iterable[Finding]]
    about: str = ""


def all_at_once(checks: Sequence[Check], *, seconds: float) -> list[Finding]:
    """Return what the checks found, in their order; what takes longer has failed."""
    running = [_begin(check) for check in checks]
    until = time.monotonic() + seconds
    found: list[Finding] = []
    for check, future in zip(checks, running, strict=True):
        wait([future], timeout=max(until - time.monotonic(), 0))
        found += future.result() if future.done() else [_too_late(check, seconds)]
    return found


def _too_late(check: Check, seconds: float) -> Finding:
    return fail(
        check.name,
        f"no answer within {seconds:.0f} s",
        "look at the network and at the load of both machines",
        about=check.about,
    )


def _begin(check: Check) -> Future[list[Finding]]:
    """Run a check in a thread that dies with the process: some servers answer never."""
    future: Future[list[Finding]] = Future()

    def run() -> None:
        try:
            future.set_result(list(check.run()))
        except BaseException as error:  # noqa: BLE001 -- raised again by whoever asks for the result
            future.set_exception(error)

    Thread(target=run, name=f"check {check.name}", daemon=True).start()
    return future
