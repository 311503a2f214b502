"""How old a seller's data was, over time: a sawtooth, of which we want percentiles."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Freshness:
    """When a stream's data became complete, and up to when."""

    # Complete pulls: when they were done, and the watermark that they left.
    pulls: list[tuple[float, float]] = field(default_factory=list)

    def percentile(self, part: float, *, since: float, until: float) -> float:
        """Return the age that the data did not exceed for this part of the time."""
        spans = self._spans(since, until)
        total = sum(end - start for start, end in spans)
        low, high = 0.0, max(end for _, end in spans)
        for _ in range(40):
            middle = (low + high) / 2
            below = sum(
                min(max(middle - start, 0.0), end - start) for start, end in spans
            )
            low, high = (middle, high) if below < part * total else (low, middle)
        return high

    def _spans(self, since: float, until: float) -> list[tuple[float, float]]:
        """Return from which age to which the data grew older, again and again."""
        spans = []
        ends = [done for done, _ in self.pulls[1:]] + [until]
        for (done, watermark), end in zip(self.pulls, ends, strict=True):
            start, stop = max(done, since), min(end, until)
            if stop > start:
                spans.append((start - watermark, stop - watermark))
        return spans


def percentile(values: list[float], part: float) -> float:
    """Return the value that this part of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]
