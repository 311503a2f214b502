"""One budget, many processes, a real Valkey: the limit holds and nothing is wasted."""

import json
import subprocess
import sys
import threading
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import redis

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted
from worker.domain.identity import App
from worker.gateway.budget import Budget
from worker.gateway.ledger import open_ledger_redis

pytestmark = pytest.mark.integration

SPENDER = Path(__file__).with_name("budget_spender.py")
LIMIT = 20
SECONDS = 4
APP = App(
    marketplace="scripted",
    zone="default",
    app_key="key",
    app_secret="secret",
    api_url="https://api.example",
    requests_per_second=LIMIT,
)


def budget_of(url: str, prefix: str) -> Budget:
    """Make a budget with a connection of its own."""
    return Budget(
        open_ledger_redis(url),
        prefix=prefix,
        pad=timedelta(milliseconds=50),
        max_wait=timedelta(seconds=5),
    )


def spend(url: str, prefix: str) -> list[subprocess.Popen[str]]:
    """Start four processes of four threads each that spend one budget."""
    command = [sys.executable, str(SPENDER), url, prefix]
    return [
        subprocess.Popen(
            [*command, str(LIMIT), "4", str(SECONDS)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]


def sent_by(processes: list[subprocess.Popen[str]]) -> list[float]:
    """Wait for the processes; return when they sent, in order."""
    sent: list[float] = []
    for process in processes:
        output, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        sent += json.loads(output)
    return sorted(sent)


def crowded(sent: list[float]) -> list[float]:
    """Return the starts of the sliding seconds that hold more calls than the limit."""
    return [
        first
        for first, one_too_many in zip(sent, sent[LIMIT:], strict=False)
        if one_too_many - first <= 1
    ]


def test_no_sliding_second_exceeds_the_limit_and_none_is_wasted(
    valkey_url: str,
) -> None:
    """Sixteen threads in four processes send at most twenty a second, and nearly that."""
    best = 0.0
    # 0.95 on an idle machine; a busy one wakes late and gives slots up, so it may try again.
    for attempt in range(3):
        sent = sent_by(spend(valkey_url, f"shared-{attempt}:"))
        assert crowded(sent) == []
        best = max(best, (len(sent) - 1) / (sent[-1] - sent[0]))
        if best > 0.7 * LIMIT:
            break

    assert best > 0.7 * LIMIT


def test_the_limit_holds_when_redis_loses_its_memory_and_its_scripts(
    own_valkey: tuple[object, str],
) -> None:
    """A flushed Redis costs a quiet second, not a doubled one, and nobody fails."""
    _, url = own_valkey
    spenders = spend(url, "flushed:")
    budget = budget_of(url, "flushed:")
    while not budget.used(APP):
        threading.Event().wait(0.05)

    with redis.Redis.from_url(url) as client:
        client.flushall()
        client.script_flush()

    sent = sent_by(spenders)
    assert crowded(sent) == []
    pauses = [later - earlier for earlier, later in pairwise(sent)]
    assert 1 < max(pauses) < 2


def test_a_pause_made_by_one_process_stops_another(valkey_url: str) -> None:
    """What one client pauses, the other one waits for."""
    ours, theirs = (budget_of(valkey_url, "paused:") for _ in range(2))
    ours.take(APP, None, Work.TOKENS)

    theirs.pause(APP, None, timedelta(seconds=1))

    assert 0.9 < ours.take(APP, None, Work.TOKENS) < 1.5


def test_a_wait_too_long_is_refused_at_once(valkey_url: str) -> None:
    """A caller is told in how long to come back, without waiting for it."""
    budget = budget_of(valkey_url, "exhausted:")
    budget.take(APP, None, Work.TOKENS)
    budget.pause(APP, None, timedelta(seconds=60))

    with pytest.raises(BudgetExhausted) as raised:
        budget.take(APP, None, Work.TOKENS)

    assert 59 < raised.value.retry_after.total_seconds() <= 60


def test_the_use_of_an_app_can_be_seen(valkey_url: str) -> None:
    """The calls of the last seconds are counted in Redis."""
    budget = budget_of(valkey_url, "seen:")
    for _ in range(LIMIT):
        budget.take(APP, None, Work.TOKENS)
    # The current second is not counted yet.
    threading.Event().wait(1)

    assert 0 < budget.used(APP) <= LIMIT
