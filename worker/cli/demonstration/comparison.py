"""The database against the truth: every record, field by field."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from worker.cli.demonstration.console import Row, Rows
from worker.domain.records import Stream

_ID_NAMES = {Stream.ORDERS: "order_id", Stream.PRODUCTS: "product_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where the database does not tell the truth."""

    stream: Stream
    shop_key: str
    record_id: str
    what: str

    def __str__(self) -> str:
        return f"{self.stream} {self.shop_key} {self.record_id}: {self.what}"


def compare(stream: Stream, truth: Rows, stored: Iterable[Row]) -> Iterator[Difference]:
    """Yield what is missing, what is wrong and what should not be there."""
    found: Rows = {}
    for row in stored:
        found.setdefault(str(row["shop_key"]), {})[str(row[_ID_NAMES[stream]])] = row
    for shop_key in sorted(truth.keys() | found.keys()):
        expected, present = truth.get(shop_key, {}), found.get(shop_key, {})
        for record_id in sorted(expected.keys() | present.keys()):
            for what in _contrasts(expected.get(record_id), present.get(record_id)):
                yield Difference(
                    stream=stream, shop_key=shop_key, record_id=record_id, what=what
                )


def _contrasts(expected: Row | None, found: Row | None) -> Iterator[str]:
    if found is None:
        yield "missing in the database"
    elif expected is None:
        yield "in the database only"
    else:
        for name in sorted(expected.keys() | found.keys()):
            true, stored = expected.get(name), found.get(name)
            if true != stored:
                yield f"{name} is {stored!r}, should be {true!r}"
