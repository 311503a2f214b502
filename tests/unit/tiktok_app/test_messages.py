"""Messages of protobuf: known ones, those that come back, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.tiktok_app import Refused, decode, encode

NUMBERS = st.integers(min_value=1, max_value=2**29 - 1)
# What the package takes for text and not for bytes or a message.
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
FIELDS = st.dictionaries(
    NUMBERS, TEXTS | st.integers(min_value=0, max_value=2**64 - 1), min_size=1
)


def nested(levels):
    """Return a message that holds others so deep."""
    message: dict[int, object] = {1: 1}
    for _ in range(levels - 1):
        message = {1: message}
    return message


@pytest.mark.parametrize(
    ("fields", "encoded"),
    [
        ({1: "value", 2: 123}, "0a0576616c7565107b"),
        ({1: 150}, "089601"),
        ({3: {1: 150}}, "1a03089601"),
        ({1: -2}, "08feffffffffffffffff01"),
        ({1: b"\xff\x00", 2: True}, "0a02ff001001"),
        ({2: "ü"}, "1202c3bc"),
        ({1: "", 2: {}}, "0a001200"),
    ],
    ids=repr,
)
def test_known_messages(fields, encoded):
    """As https://protobuf.dev/programming-guides/encoding/ writes them."""
    assert encode(fields).hex() == encoded


@given(FIELDS)
def test_numbers_and_plain_texts_come_back(fields):
    """Of any size."""
    assert decode(encode(fields)) == fields


@pytest.mark.parametrize(
    ("encoded", "fields"),
    [
        ("0a0576616c7565107b", {1: "value", 2: 123}),
        ("08010802", {1: [1, 2]}),
        ("1a03089601", {3: {1: 150}}),
        ("0a02ff00", {1: {"__bytes_hex__": "ff00"}}),
        ("0900000000000000010d02000000", {1: [2**56, 2]}),
    ],
)
def test_messages_are_read(encoded, fields):
    """Fields that come again are a list; bytes are text, a message, or hexadecimal."""
    assert decode(bytes.fromhex(encoded)) == fields


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_are_a_message_or_refused(given_bytes):
    """And each field of them is there, or none."""
    try:
        fields = decode(given_bytes)
    except Refused:
        return

    assert fields
    assert all(number >= 1 for number in fields)


@pytest.mark.parametrize("length", range(1, 9))
def test_a_message_that_was_cut_off_is_refused(length):
    """Wherever, but between its two fields."""
    cut = encode({1: "value", 2: 123})[:length]
    if length == 7:
        assert decode(cut) == {1: "value"}
        return
    with pytest.raises(Refused, match="data is"):
        decode(cut)


@pytest.mark.parametrize(
    "wrong",
    ["", b"", None, "0a05", b"\x00", b"\x03", b"\x80" * 11, b"\x08" + b"\xff" * 10],
    ids=repr,
)
def test_what_is_no_message_is_refused(wrong):
    """Empty, of another kind, field 0, a group, a number without an end."""
    with pytest.raises(Refused, match="data"):
        decode(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, {}, [], "text", {"1": 1}, {0: 1}, {-1: 1}, {2**29: 1}, {1.0: 1}),
        *({1: each} for each in (None, 1.5, [1], 2**64, -(2**63) - 1, "\ud83d")),
        *({1: {2: None}}, {1: {"2": 1}}, nested(101)),
    ],
    ids=lambda wrong: repr(wrong)[:30],
)
def test_what_cannot_be_encoded_is_refused(wrong):
    """With one line that names the field, if it is one."""
    with pytest.raises(Refused, match=r"^(data|a field|field 1|field 2) "):
        encode(wrong)


def test_messages_hold_others_a_hundred_levels_deep():
    """As deep as other readers of protobuf go."""
    assert decode(encode(nested(100)))[1]
