"""What every marketplace tells about its payloads: personal data, and names of calls."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from worker.domain.calls import HttpReply
from worker.domain.marketplace import Marketplace
from worker.domain.records import Stream

SAMPLES = Path(__file__).parents[1] / "samples"


def samples(marketplace: Marketplace) -> Iterator[bytes]:
    """The recorded replies of a marketplace."""
    for path in sorted((SAMPLES / marketplace.name).glob("*.json")):
        yield path.read_bytes()


def reply(body: bytes, **headers: str) -> HttpReply:
    """A reply that arrived whole."""
    return HttpReply(status=200, headers=headers, body=body)


def test_it_says_what_is_personal_in_every_stream(marketplace: Marketplace) -> None:
    """A stream that it has forgotten could not be blanked."""
    assert set(marketplace.personal_data) == set(Stream)
    # Products belong to sellers, orders to people.
    assert marketplace.personal_data[Stream.ORDERS].names


def test_its_personal_data_cannot_be_changed(marketplace: Marketplace) -> None:
    """All sweeps of a process share it."""
    with pytest.raises(TypeError, match="does not support item assignment"):
        marketplace.personal_data[Stream.ORDERS] = None  # type: ignore[index]  # that is the point


def test_a_blanked_payload_is_still_json_without_new_members(
    marketplace: Marketplace,
) -> None:
    """Whoever reads it finds what was there, or null."""
    rules = marketplace.personal_data[Stream.ORDERS]
    for body in samples(marketplace):
        before, after = orjson.loads(body), orjson.loads(rules.blanked(body.decode()))

        assert before.keys() == after.keys()
        assert orjson.loads(rules.blanked(orjson.dumps(after).decode())) == after


def test_it_names_the_call_of_a_success(marketplace: Marketplace) -> None:
    """Its support asks for that name, and so does `sellersync explain`."""
    found = [marketplace.request_id(reply(body)) for body in samples(marketplace)]

    assert found
    assert None not in found


def test_it_finds_the_name_at_either_end_of_a_large_body(
    marketplace: Marketplace,
) -> None:
    """However the envelope is put around the data; written compactly or not."""
    for body in samples(marketplace):
        envelope = orjson.loads(body)
        name = next(key for key in envelope if "request" in key.lower())
        filling = {"filling": ["x" * 60] * 20}
        first = orjson.dumps({name: envelope[name]} | filling)
        last = orjson.dumps(filling | {name: envelope[name]})

        assert marketplace.request_id(reply(first)) == envelope[name]
        assert marketplace.request_id(reply(last)) == envelope[name]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b'{"note":"\\"request_id\\":\\"x\\",\\"requestId\\":\\"x\\""}',
        b'{"request_id":7,"requestId":7}',
        b'{"request_id":"a b","requestId":"a b"}',
    ],
)
def test_it_makes_no_name_up(marketplace: Marketplace, body: bytes) -> None:
    """Neither of rubbish nor of what a buyer has written."""
    assert marketplace.request_id(reply(body)) is None
