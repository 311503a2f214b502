"""The demonstration from its first line to its verdict."""

import time
from collections.abc import Mapping

from rich.console import Console

from worker.cli.demonstration.comparison import Difference, compare
from worker.cli.demonstration.console import Truth
from worker.cli.demonstration.findings import Finding, judge
from worker.cli.demonstration.sabotage import lose_an_order
from worker.cli.demonstration.screen import Screen
from worker.cli.demonstration.sellers import connect_everybody
from worker.cli.demonstration.sight import Sight, look
from worker.cli.demonstration.stage import Stage, set_stage
from worker.cli.demonstration.verdict import Verdict
from worker.cli.interruption import Interruption
from worker.domain.records import Stream
from worker.store.database import Database
from worker.store.export import export

_CHURN = 3.0  # changes per second in all shops together
_LOOK_EVERY = 1.0  # seconds
# Tokens live about as long as the demonstration, so that each is refreshed in it.
_SHORTEST_TOKEN, _LONGEST_TOKEN = 10, 30  # seconds
_REFRESHES_WITHIN = 20.0  # seconds more
_CONVERGES_WITHIN = 40.0  # seconds


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


def demonstrate(
    console: Console, *, seconds: float, keep: bool, lose_a_row: bool
) -> Verdict:
    """Run everything, show it while it runs, and return what came out.

    Raises:
        Interrupted: by Ctrl-C or SIGTERM; everything has been stopped.
        OperatorError: something does not start.
    """
    began = time.monotonic()
    token_seconds = int(min(max(seconds, _SHORTEST_TOKEN), _LONGEST_TOKEN))
    with Interruption() as interruption:
        console.print("Starting sandbox, broker, workers and beat …", highlight=False)
        with set_stage(token_seconds=token_seconds, churn=_CHURN, keep=keep) as stage:
            show = _Show(stage, interruption)
            with Screen(console) as screen:
                findings, differences = show.run(screen, seconds, lose_a_row=lose_a_row)
    return Verdict(
        findings=findings,
        differences=differences,
        seconds=time.monotonic() - began,
        home=stage.home if keep else None,
    )


class _Show:
    def __init__(self, stage: Stage, interruption: Interruption) -> None:
        self._stage = stage
        self._database: Database = stage.here.database
        self._interruption = interruption

    def run(
        self, screen: Screen, seconds: float, *, lose_a_row: bool
    ) -> tuple[tuple[Finding, ...], list[Difference]]:
        """Connect, watch, stop the changes, wait for the truth, compare."""
        console = self._stage.console
        shops = connect_everybody(self._stage.here, console.sellers())
        before = console.traffic().refreshes
        screen.say(
            f"{shops} shops are connected; orders and products change all the time."
        )
        self._watch(screen, seconds, before)
        console.stop_changes()
        truth = console.truth()
        self._await(truth, screen)
        sight = look(self._database, console)
        # From here on nothing moves: what is compared is what is left.
        self._stage.supervisor.stop()
        if lose_a_row:
            lose_an_order(self._database)
        differences = self._differences(truth)
        traffic = console.traffic()
        findings = judge(
            truth=truth,
            differences=differences,
            sellers=sight.sellers,
            refreshed=_since(before, traffic.refreshes),
            traffic=traffic,
        )
        return findings, differences

    def _watch(self, screen: Screen, seconds: float, before: Mapping[str, int]) -> None:
        """Watch for so long, and a little longer if some token was not refreshed yet."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds + _REFRESHES_WITHIN:
            left = max(seconds - passed, 0.0)
            sight = self._look(screen, f"Running; {left:.0f} s to go.")
            if left == 0.0 and _all_refreshed(sight, before):
                return

    def _await(self, truth: Truth, screen: Screen) -> None:
        """Wait until the database tells the truth, but not for ever."""
        give_up = time.monotonic() + _CONVERGES_WITHIN
        while self._differences(truth) and time.monotonic() < give_up:
            self._look(screen, "No more changes; waiting until everything has arrived.")

    def _look(self, screen: Screen, doing: str) -> Sight:
        if self._interruption.wait(_LOOK_EVERY):
            raise Interrupted
        self._stage.look_after()
        sight = look(self._database, self._stage.console)
        screen.show(sight, doing=doing)
        return sight

    def _differences(self, truth: Truth) -> list[Difference]:
        with self._database.read() as connection:
            return [
                difference
                for stream, rows in (
                    (Stream.ORDERS, truth.orders),
                    (Stream.PRODUCTS, truth.products),
                )
                for difference in compare(stream, rows, export(connection, stream))
            ]


def _all_refreshed(sight: Sight, before: Mapping[str, int]) -> bool:
    return all(
        seller.refreshes > before.get(seller.subject, 0) for seller in sight.sellers
    )


def _since(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    return {subject: count - before.get(subject, 0) for subject, count in now.items()}
