"""What one app sent: counted against its limit and for `GET /stats`."""

from collections import Counter
from dataclasses import dataclass, field

from worker.sandbox.limits import SlidingSecond


@dataclass(slots=True)
class KeyTraffic:
    """The calls under one budget key: an app, or an app and one of its shops."""

    second: SlidingSecond
    calls: int = 0
    violations: int = 0


@dataclass(slots=True, kw_only=True)
class Traffic:
    """All calls of one app since the start, or since the counters were reset."""

    limit: int
    keys: dict[str, KeyTraffic] = field(default_factory=dict)
    endpoints: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    # Token refreshes per seller (TikTok Shop), token look-ups per mall (Temu).
    refreshes: Counter[str] = field(default_factory=Counter)
    # Refresh tokens that were sent again after they had been replaced.
    replayed_refreshes: int = 0
    lost_replies: int = 0

    def admit(self, key: str, endpoint: str, *, at: float) -> bool:
        """Count a call that arrived at `at`; say whether it is within the limit."""
        kept = self.keys.get(key)
        if kept is None:
            kept = self.keys[key] = KeyTraffic(SlidingSecond(self.limit))
        self.endpoints[endpoint] += 1
        kept.calls += 1
        admitted = kept.second.admit(at)
        kept.violations += not admitted
        return admitted

    def report(self, *, at: float) -> dict[str, object]:
        """Return the counters as JSON data."""
        per_key = {
            key: {
                "calls": kept.calls,
                "violations": kept.violations,
                "last_second": kept.second.within_last_second(at),
            }
            for key, kept in self.keys.items()
        }
        return {
            "limit": self.limit,
            "calls": sum(kept.calls for kept in self.keys.values()),
            "violations": sum(kept.violations for kept in self.keys.values()),
            "last_second": sum(row["last_second"] for row in per_key.values()),
            "keys": per_key,
            "endpoints": dict(self.endpoints),
            "refused": dict(self.refused),
            "refreshes": dict(self.refreshes),
            "replayed_refreshes": self.replayed_refreshes,
            "lost_replies": self.lost_replies,
        }

    def reset(self) -> None:
        """Start counting at zero; the sliding seconds stay as they are."""
        for kept in self.keys.values():
            kept.calls = kept.violations = 0
        for counter in (self.endpoints, self.refused, self.refreshes):
            counter.clear()
        self.replayed_refreshes = self.lost_replies = 0
