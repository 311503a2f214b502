"""What is wrong with a shop, why, and what to do about it; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from worker.domain import errors
from worker.domain.errors import MarketplaceError
from worker.domain.grants import AuthorizationState
from worker.domain.records import Stream

_DEAD = {AuthorizationState.NEEDS_REAUTHORIZATION, AuthorizationState.REVOKED}


class Weight(StrEnum):
    """Whether somebody has to act."""

    # It stays so until somebody does something.
    ACT = "act"
    # It may pass by itself.
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong; equal ones of several shops are told once."""

    weight: Weight
    title: str
    reason: str | None
    remedy: str


def troubles(
    row: Mapping[str, Any], targets: Mapping[Stream, timedelta]
) -> Iterator[Trouble]:
    """Say what is wrong with one row of the overview's shops."""
    state = AuthorizationState(row["authorization_state"])
    if state in _DEAD:
        yield _dead(state, row["last_error"])
        # Its streams rest; what went wrong before does not matter any more.
        return
    if state is AuthorizationState.AMBIGUOUS:
        yield Trouble(
            Weight.WATCH,
            "The answer to a token refresh got lost",
            row["last_error"],
            "Nothing to do: the token is probed, and the refresh is sent once more.",
        )
    elif state is AuthorizationState.BACKING_OFF:
        yield Trouble(
            Weight.WATCH,
            "The token could not be refreshed yet",
            row["last_error"],
            "Nothing to do while it passes: it is tried again, ever more rarely.",
        )
    for stream in Stream:
        if (found := row["streams"].get(stream.value)) is not None:
            yield from _of_stream(
                stream, found, targets[stream], rests=row["failing"] is not None
            )


def _dead(state: AuthorizationState, reason: str | None) -> Trouble:
    revoked = state is AuthorizationState.REVOKED
    return Trouble(
        Weight.ACT,
        "The seller has taken the grant back"
        if revoked
        else "The seller has to authorise again",
        reason,
        "If the seller wants to go on: make a link, and send it."
        if revoked
        else "Make a link, and send it to the seller.",
    )


def _of_stream(
    stream: Stream, row: Mapping[str, Any], target: timedelta, *, rests: bool
) -> Iterator[Trouble]:
    name = stream.value.capitalize()
    if row["disabled"]:
        yield Trouble(
            Weight.ACT,
            f"{name}: the token does not cover them",
            row["disabled"],
            errors.ScopeMissing.advice,
        )
    elif row["stalled_since"] is not None:
        yield Trouble(
            Weight.ACT,
            f"{name} stand still",
            row["last_error"],
            _advice(row["last_error"])
            or "Look whether a worker runs, and whether its tasks end.",
        )
    elif row["failures"]:
        yield Trouble(
            Weight.WATCH,
            f"{name}: pulls keep failing, and are tried ever more rarely"
            if rests
            else f"{name}: the last pull failed",
            row["last_error"],
            _advice(row["last_error"]) or errors.RetryLater.advice,
        )
    elif is_late(row, target):
        yield Trouble(
            Weight.WATCH,
            f"{name} are behind",
            None,
            "Look at the budget of the app, and whether a worker runs.",
        )
    if (row["reconcile"] or {}).get("withheld"):
        yield Trouble(
            Weight.ACT,
            f"{name}: many would be deleted at once",
            f"{row['reconcile']['withheld']} are missing at the marketplace",
            f"Look at the shop; `sellersync reconcile {stream.value} "
            "--confirm-deletions` says yes.",
        )


def is_late(row: Mapping[str, Any], target: timedelta) -> bool:
    """Whether a stream that should run is behind its target."""
    age = row["freshness_seconds"]
    runs = row["next_run_at"] is not None
    return runs and age is not None and age > target.total_seconds()


def _advice(last_error: str | None) -> str | None:
    """Return what an error that begins with its kind asks for."""
    kind = getattr(errors, (last_error or "").partition(":")[0], None)
    if isinstance(kind, type) and issubclass(kind, MarketplaceError):
        return kind.advice
    return None
