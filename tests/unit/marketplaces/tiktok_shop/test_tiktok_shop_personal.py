"""No buyer is left in a blanked TikTok Shop order."""

from pathlib import Path

import orjson

from worker.domain.calls import HttpReply
from worker.domain.records import Stream
from worker.marketplaces.tiktok_shop import MARKETPLACE

SAMPLE = (
    Path(__file__).parents[3] / "samples" / "tiktok_shop" / "orders_search.json"
).read_bytes()
ORDER = orjson.loads(SAMPLE)["data"]["orders"][0]


def test_the_documented_order_without_its_buyer():
    """Names, address, phone, e-mail, notes and tax number are gone, money and goods stay."""
    rules = MARKETPLACE.personal_data[Stream.ORDERS]
    text = rules.blanked(orjson.dumps(ORDER).decode())
    found = orjson.loads(text)
    address = ORDER["recipient_address"]
    told = {
        *(ORDER["user_id"], ORDER["buyer_email"], ORDER["buyer_nickname"]),
        *(ORDER["buyer_message"], ORDER["seller_note"], ORDER["cpf"]),
        *(address["name"], address["last_name"], address["phone_number"]),
        *(address["full_address"], address["postal_code"], address["post_town"]),
        *(address["district_info"][0]["address_name"], "Front Door"),
    }

    assert [word for word in told if word in text] == []
    assert found["recipient_address"]["region_code"] == address["region_code"]
    assert found["recipient_address"].keys() == address.keys()
    assert found["line_items"] == ORDER["line_items"]
    assert found["payment"] == ORDER["payment"]


def test_the_log_id_of_the_server_names_a_call_without_an_envelope():
    """A proxy's page has none, but the header may be there."""
    reply = HttpReply(status=502, headers={"x-tts-logid": "2026AB"}, body=b"<html>")

    assert MARKETPLACE.request_id(reply) == "2026AB"
