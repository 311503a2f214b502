"""Encrypted bodies come back whole, in threads and processes too; damaged ones never do."""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import shake_128
from multiprocessing import get_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.tiktok_app import Refused, decrypt, encrypt

LENGTHS = [1, 2, 9, 10, 15, 16, 17, 63, 64, 65, 1000, 20_000]


def text_of(length):
    """Return a text that can hardly be compressed."""
    digits = shake_128(str(length).encode()).hexdigest(length)
    return f"€{digits}"[:length]


def kept(number):
    """Whether texts of this thread or process come back."""
    texts = [text_of(number * 10 + more) for more in (1, 2)]
    return [decrypt(encrypt(text)) for text in texts] == texts


@pytest.mark.parametrize("length", LENGTHS)
def test_text_comes_back(length):
    """As str, and as bytes of UTF-8."""
    text = text_of(length)

    assert decrypt(encrypt(text)) == text
    assert decrypt(encrypt(text.encode())) == text


@settings(max_examples=20, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_comes_back(text):
    """Whatever is in it."""
    assert decrypt(encrypt(text)) == text


@pytest.mark.parametrize(
    "fields", [{"a": 1}, {"text": "Grüße", "deep": {"list": [1, 2.5, None, True]}}]
)
def test_a_dict_comes_back_as_json(fields):
    """The text is its JSON."""
    assert json.loads(decrypt(encrypt(fields))) == fields


def test_encryption_is_random():
    """The same body is another one each time."""
    assert encrypt("body") != encrypt("body")


def test_threads_do_not_mix_their_bodies():
    """Eight at once each get back what they gave."""
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(kept, range(8)))


def test_forked_processes_encrypt_too():
    """Also while a thread of the parent does."""
    # A process that is forked while another thread imports waits for that for ever.
    assert kept(0)
    with ThreadPoolExecutor(1) as thread, get_context("fork").Pool(2) as processes:
        meanwhile = thread.submit(kept, 1)

        assert all(processes.map_async(kept, range(4)).get(timeout=60))
        assert meanwhile.result()


@pytest.mark.parametrize(
    "wrong",
    ["", b"", {}, None, 1, 1.5, "\ud83d", {1: "a"}, {"a": (1,)}, {"a": float("nan")}],
    ids=repr,
)
def test_what_cannot_be_encrypted_is_refused(wrong):
    """With one line."""
    with pytest.raises(Refused, match="data"):
        encrypt(wrong)


@pytest.mark.parametrize(
    "wrong", [b"", "text", None, b"\x74\x63\x05\x10\x00\x00", b"x" * 134]
)
def test_what_is_not_encrypted_is_refused(wrong):
    """Too short, of another kind, or without the mark at the beginning."""
    with pytest.raises(Refused, match="data"):
        decrypt(wrong)


@pytest.mark.parametrize("damage", [slice(-1), slice(-16), slice(38), slice(54)])
def test_a_body_that_was_cut_off_is_refused(damage):
    """Wherever."""
    with pytest.raises(Refused, match="data is"):
        decrypt(encrypt("body")[damage])


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=6, max_value=133), st.integers(min_value=1, max_value=255))
def test_a_damaged_body_is_refused_or_what_it_was(place, change):
    """One byte is another one: its insides never show."""
    body = bytearray(encrypt("body"))
    body[place] ^= change
    try:
        text = decrypt(bytes(body))
    except Refused:
        return

    assert text == "body"


def test_what_is_no_text_cannot_come_back_as_such():
    """The caller hears that, instead of half a text."""
    with pytest.raises(Refused, match="not UTF-8"):
        decrypt(encrypt(b"\xff\xfe"))
