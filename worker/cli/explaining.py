"""An explanation in words, for a person at a terminal."""

from collections.abc import Iterable, Iterator
from typing import Any

from worker.store.forms import plain

# Of each window; JSON has all.
_MOST_PAGES = 5

_Facts = dict[str, Any]


def lines_of(facts: _Facts) -> Iterator[str]:
    """Yield the lines for one shop."""
    yield f"{facts['stream']} {facts['id']} of {facts['shop_key']}"
    yield from _stored(facts)
    yield from _versions(facts["versions"])
    yield from _windows(facts)
    yield from _history(facts["history"])
    yield from _next(facts["next"])


def _stored(facts: _Facts) -> Iterator[str]:
    stored, unreadable = facts["stored"], facts["unreadable"]
    if stored:
        word = stored["marketplace_status"]
        yield f"  stored: {stored['status']} ({word}), updated {_at(stored['updated_at'])}"
        yield f"    written {_at(stored.get('fetched_at'))} by {_writer(stored['read'])}"
        if stored.get("blanked_at"):
            yield f"    personal data blanked {_at(stored['blanked_at'])}"
    if unreadable:
        yield f"  not understood: {unreadable['reason']}"
        yield f"    kept {_at(unreadable['fetched_at'])} by {_writer(unreadable['read'])}"
    if not stored and not unreadable:
        yield "  stored: no; no page that was read has shown it"


def _versions(versions: Iterable[_Facts]) -> Iterator[str]:
    for version in versions:
        names = ", ".join(version["fields"])
        yield f"  seq {version['seq']}: {version['kind']} {_at(version['at'])}: {names}"
        yield f"    by {_writer(version['read'])}"


def _windows(facts: _Facts) -> Iterator[str]:
    windows = facts["windows"]
    yield (
        "  windows that should have shown it:"
        if facts["stored"]
        else "  the latest windows:"
    )
    if not windows:
        yield "    none in the log of page reads"
    for window in windows:
        start = _at(window["start"]) if window["start"] else "the beginning"
        section = f" [{window['section']}]" if window["section"] else ""
        pages = window["pages"]
        rows = sum(page["rows"] for page in pages)
        yield (
            f"    {start} to {_at(window['end'])}{section}: {len(pages)} pages, {rows} rows, "
            f"read {_at(window['last_read_at'])}, {_OUTCOMES[window['outcome']]}"
        )
        for page in pages[-_MOST_PAGES:]:
            yield f"      {_writer(page)}"


# What the last page led to.
_OUTCOMES = {"on": "goes on", "complete": "complete", "again": "begun again"}


def _history(slices: Iterable[_Facts]) -> Iterator[str]:
    for part in slices:
        start = _at(part["start"]) if part["start"] else "the beginning"
        state = (
            f"complete since {_at(part['done_at'])}"
            if part["done_at"]
            else f"next attempt: {_at(part['attempt_at'])}"
        )
        yield f"  history from {start} to {_at(part['end'])}: {state}"
        if part["failures"]:
            yield f"    {part['failures']} failures in a row: {part['last_error']}"


def _next(facts: _Facts | None) -> Iterator[str]:
    if facts is None:
        yield "  next: never, the shop has no such stream"
        return
    yield f"  complete up to {_at(facts['watermark'])}"
    hindrance = facts["disabled"] or (facts["paused"] and f"paused {facts['paused']}")
    if facts["attempt_at"] is None:
        reason = hindrance or f"the authorization is {facts['authorization_state']}"
        yield f"  next attempt: none ({reason})"
    else:
        yield f"  next attempt: {_at(facts['attempt_at'])}"
    if facts["failures"]:
        yield f"  {facts['failures']} failures in a row: {facts['last_error']}"


def _writer(read: _Facts | None) -> str:
    if read is None:
        return "a page read that is no longer in the log"
    calls = " ".join(
        f"{call['endpoint']} {call['http_status']} {call['request_id'] or '-'}"
        for call in read["calls"]
    )
    return (
        f"page read {read['id']} at {_at(read['at'])} ({read['rows']} rows from row "
        f"{read['seen_before']} on, {read['milliseconds']} ms, turn {read['turn']}): {calls}"
    )


def _at(moment: object) -> str:
    return "at no known time" if moment is None else str(plain(moment))
