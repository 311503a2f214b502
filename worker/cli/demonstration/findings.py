"""What came out: each promise of the demonstration, kept or broken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.cli.demonstration.comparison import Difference
from worker.cli.demonstration.console import Rows, Traffic, Truth
from worker.cli.demonstration.sight import SellerSight
from worker.domain.records import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One promise."""

    promise: str
    kept: bool
    evidence: str


def judge(
    *,
    truth: Truth,
    differences: Sequence[Difference],
    sellers: Sequence[SellerSight],
    refreshed: Mapping[str, int],
    traffic: Traffic,
) -> tuple[Finding, ...]:
    """Return all findings; `refreshed` counts by subject what happened since connecting."""
    violations = sum(app.violations for app in traffic.apps.values())
    calls = sum(app.calls for app in traffic.apps.values())
    return (
        _equal(Stream.ORDERS, truth.orders, differences),
        _equal(Stream.PRODUCTS, truth.products, differences),
        *_tokens(sellers, refreshed),
        Finding(
            promise="No app went over its limit",
            kept=violations == 0,
            evidence=f"{violations} of {calls} calls",
        ),
    )


def _equal(stream: Stream, rows: Rows, differences: Sequence[Difference]) -> Finding:
    wrong = {
        (difference.shop_key, difference.record_id)
        for difference in differences
        if difference.stream is stream
    }
    count = sum(len(records) for records in rows.values())
    return Finding(
        promise=f"Every field of all {stream} is true",
        kept=not wrong and count > 0,
        evidence=f"{count} {stream}, {len(wrong)} wrong",
    )


def _tokens(
    sellers: Sequence[SellerSight], refreshed: Mapping[str, int]
) -> Iterator[Finding]:
    for marketplace, promise in (
        ("tiktok_shop", "Every TikTok Shop token was refreshed"),
        ("temu", "Every Temu token was checked"),
    ):
        times = [
            refreshed.get(seller.subject, 0)
            for seller in sellers
            if seller.app_id.startswith(f"{marketplace}:")
        ]
        alive = all(seller.state in {"active", "refreshing"} for seller in sellers)
        yield Finding(
            promise=promise,
            kept=bool(times) and min(times) > 0 and alive,
            evidence=", ".join(f"{count} times" for count in times) or "no seller",
        )
