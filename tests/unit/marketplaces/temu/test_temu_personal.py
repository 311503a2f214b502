"""No buyer is left in a blanked Temu order."""

from pathlib import Path

import orjson

from worker.domain.records import Stream
from worker.marketplaces.temu import MARKETPLACE

SAMPLE = (
    Path(__file__).parents[3] / "samples" / "temu" / "order_detail.json"
).read_bytes()
DETAIL = orjson.loads(SAMPLE)["result"]


def test_the_documented_detail_without_its_buyer():
    """State and town are gone, the country stays, and so does all that is not the buyer's."""
    rules = MARKETPLACE.personal_data[Stream.ORDERS]
    payload = DETAIL | {
        "parentOrderMap": DETAIL["parentOrderMap"] | {"paymentInfo": [{"card": "1"}]}
    }
    found = orjson.loads(rules.blanked(orjson.dumps(payload).decode()))

    assert found["parentOrderMap"] == DETAIL["parentOrderMap"] | {
        "regionName2": None,
        "regionName3": None,
        "paymentInfo": [],
    }
    assert found["parentOrderMap"]["regionName1"] == "United States"
    assert found["orderList"] == DETAIL["orderList"]
