"""The headers of a request: which there are, what decides them, and what is refused."""

import gzip
from hashlib import md5
from typing import Any

import pytest

from worker.tiktok_app import Refused, generate_headers

QUERY = "aid=1233&app_name=musical_ly"
FIELDS = {"aid": 1233, "app_name": "musical_ly"}
UNIX = 1_700_000_000
ALWAYS = {
    *("x-ss-req-ticket", "x-tt-trace-id", "x-ladon"),
    *("x-gorgon", "x-khronos", "x-argus"),
}
RANDOM = {"x-tt-trace-id", "x-ladon", "x-argus"}
WRONG: dict[str, list[Any]] = {
    "params": [
        *("", b"", {}, None, 1, 1.5, b"\xff", "\ud83d", {1: "a"}),
        *({"a": value} for value in (None, 1.5, [1], b"b", "\ud83d")),
    ],
    "data": ["", b"", {}, 1, 1.5, "\ud83d", {"a": 0.5}],
    "unix": [0, -1, 1.5, "1700000000", True, 2**32],
    "aid": [-1, 1.0, None, "1233", True],
    "device_id": [None, 7, "-5", "a b", "x\n"],
    "version_name": ["", "37", "37.16.4", "a.b.c", None, 37],
    "cookie": ["", "a\r\nx-evil: 1", 1],
    "sdk_ver": ["", None, "v\n"],
}


def digest(body):
    """Return the digest of a body as the app writes it."""
    return md5(body, usedforsecurity=False).hexdigest().upper()


def zipped(text):
    """Return a text as the package compresses it."""
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


@pytest.mark.parametrize(
    ("more", "besides"),
    [
        ({}, set()),
        ({"data": b"a=b"}, {"x-ss-stub"}),
        ({"cookie": "sessionid=made-up"}, {"cookie"}),
        ({"data": "a=b", "cookie": "a=b"}, {"x-ss-stub", "cookie"}),
    ],
)
def test_body_and_cookie_add_their_headers(more, besides):
    """Six headers are always there, one more for a body and one for a cookie."""
    headers = generate_headers(QUERY, **more)

    assert headers.keys() == ALWAYS | besides
    assert all(headers.values())
    assert headers.get("cookie") == more.get("cookie")


def test_the_time_is_the_one_given():
    """It stands in two headers, in seconds and in milliseconds."""
    headers = generate_headers(QUERY, unix=UNIX)

    assert headers["x-khronos"] == str(UNIX)
    assert headers["x-ss-req-ticket"] == str(UNIX * 1000)


def test_some_headers_are_decided_by_the_request_and_others_random():
    """Two calls with all the same agree in all but three headers."""
    first, second = (generate_headers(QUERY, b"x", unix=UNIX) for _ in range(2))
    differing = {name for name, value in first.items() if second[name] != value}

    assert differing == RANDOM


def test_the_gorgon_depends_on_all_that_it_signs():
    """Another query, body, cookie or time is another signature."""
    made = [
        generate_headers(QUERY, unix=UNIX),
        generate_headers("aid=1", unix=UNIX),
        generate_headers(QUERY, b"x", unix=UNIX),
        generate_headers(QUERY, cookie="a=b", unix=UNIX),
        generate_headers(QUERY, unix=UNIX + 1),
    ]

    assert len({headers["x-gorgon"] for headers in made}) == len(made)


@pytest.mark.parametrize("query", [QUERY.encode(), FIELDS])
def test_a_query_is_the_same_in_each_form(query):
    """As text, bytes or fields."""
    headers = generate_headers(query, unix=UNIX)

    assert headers["x-gorgon"] == generate_headers(QUERY, unix=UNIX)["x-gorgon"]


@pytest.mark.parametrize(
    ("data", "signed"),
    [
        (b"\x00\xff", b"\x00\xff"),
        ("name=Jürgen", zipped("name=Jürgen")),
        ({"name": "a b", "n": 1}, zipped("name=a+b&n=1")),
    ],
)
def test_the_stub_is_the_digest_of_the_body(data, signed):
    """Of bytes as they are, of a text compressed, of fields as a compressed form."""
    assert generate_headers(QUERY, data)["x-ss-stub"] == digest(signed)


def test_a_device_is_in_the_trace():
    """Its id in hexadecimal, and nothing of another call's device."""
    trace = generate_headers(QUERY, device_id="255")["x-tt-trace-id"]
    other = generate_headers(QUERY, device_id="abCD")["x-tt-trace-id"]

    assert trace.startswith("00-ff")
    assert other.startswith("00-abcd")


@pytest.mark.parametrize("version", ["0.0.0", "63.15.63", "37.0.4"])
def test_versions_that_fit(version):
    """Each number is as large as its two hexadecimal digits allow."""
    assert generate_headers(QUERY, version_name=version)["x-argus"]


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in WRONG.items() for value in values],
    ids=repr,
)
def test_what_cannot_be_signed_is_refused(name, value):
    """With one line that names it."""
    with pytest.raises(Refused, match=name) as refused:
        generate_headers(**{"params": QUERY, name: value})

    assert "\n" not in str(refused.value)
