"""Events as an operator reads them: alike ones that followed each other are told once; pure.

When a marketplace is away, all its shops say so, each once; among them the one event that is
about something else would not be seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.store.events import Event

# Longer apart, alike events are two stories.
_FOLLOWS_WITHIN = timedelta(minutes=10)
# Details that make another story: a seller who ends tomorrow is not told with one who ends
# in a month.
_TOLD_APART = ("stream", "queue", "days", "outcome")


@dataclass(slots=True, kw_only=True)
class Episode:
    """Alike events, newest first."""

    events: list[Event] = field(default_factory=list)

    @property
    def newest(self) -> Event:
        """What is told in detail."""
        return self.events[0]

    @property
    def since(self) -> datetime:
        """When the first of them happened."""
        return self.events[-1].at


def episodes(events: Iterable[Event]) -> list[Episode]:
    """Put alike events together, of any shop of a zone; events and episodes newest first."""
    told: list[Episode] = []
    open_ones: dict[tuple[str, ...], Episode] = {}
    for event in events:
        kind = _kind(event)
        episode = open_ones.get(kind)
        if episode is None or episode.since - event.at > _FOLLOWS_WITHIN:
            episode = open_ones[kind] = Episode()
            told.append(episode)
        episode.events.append(event)
    return told


def _kind(event: Event) -> tuple[str, ...]:
    """Return what alike events have in common."""
    # An app and a shop both begin with the marketplace and its zone.
    zone, _, _ = (event.app_id or event.shop_key or "").rpartition(":")
    detail = event.detail
    # Behind the kind of error comes what was different each time.
    trouble = detail.get("kind") or str(detail.get("reason") or "").partition(":")[0]
    parts = (trouble, *(detail.get(name) for name in _TOLD_APART))
    return (event.name, zone, *(str(part or "") for part in parts))
