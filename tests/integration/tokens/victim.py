"""A process that refreshes one authorization and dies, or freezes, at a named step.

Started by the tests: `python victim.py AUTHORIZATION STEP SIGNAL`, settings in the
environment. The step's own function runs as it is; the signal comes before or after it.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from worker.domain.errors import BudgetExhausted
from worker.gateway.transport import HttpTransport
from worker.runtime import runtime
from worker.store import journal
from worker.tokens import refresh as refreshing
from worker.tokens import turns

# Where each step's function is looked up, and whether the signal comes after it.
STEPS: dict[str, tuple[Any, str, bool]] = {
    "before the lease": (turns, "try_lease", False),
    "after the lease": (turns, "try_lease", True),
    "before the intent": (refreshing, "_open_entry", False),
    "after the intent": (refreshing, "_open_entry", True),
    "before sending": (HttpTransport, "send", False),
    "after the reply": (HttpTransport, "send", True),
    "before sealing": (refreshing, "seal_reply", False),
    "while sealing": (journal, "keep_reply", True),
    "after sealing": (refreshing, "seal_reply", True),
    "before promotion": (refreshing, "_promote", False),
    "while promoting": (refreshing, "replace_tokens", True),
    "while settling": (journal, "settle", True),
    "after promotion": (refreshing, "_promote", True),
    "while releasing": (refreshing, "release_lease", True),
}


def main(authorization_id: int, step: str, name: str) -> None:
    """Refresh, with the signal at its step."""
    where, attribute, after = STEPS[step]
    number = getattr(signal, name)
    setattr(
        where, attribute, _signalled(getattr(where, attribute), number, after=after)
    )
    desk, asked_at = runtime().desk, datetime.now(UTC)
    # A busy machine wakes too late for its slots, again and again.
    for _ in range(50):
        try:
            refreshing.refresh(desk, authorization_id, asked_at=asked_at)
        except BudgetExhausted:
            continue
        return


def _signalled(
    function: Callable[..., Any], number: int, *, after: bool
) -> Callable[..., Any]:
    def run(*args: Any, **options: Any) -> Any:
        if not after:
            os.kill(os.getpid(), number)
        result = function(*args, **options)
        if after:
            os.kill(os.getpid(), number)
        return result

    return run


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
