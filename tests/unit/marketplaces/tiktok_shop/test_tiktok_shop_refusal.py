"""Each mistake that people make with TikTok Shop's signature is found by its result.

The numbers are those of the list of what goes wrong in practice.
"""

import hashlib
import hmac
import json
from urllib.parse import quote, urlencode

import pytest

from worker.domain.calls import HttpRequest
from worker.domain.refusals import Diagnosis
from worker.marketplaces.tiktok_shop.refusal.diagnosis import MISTAKES, diagnose
from worker.marketplaces.tiktok_shop.refusal.recipe import Sent, right

SECRET = "e59af819cc"
HOST = "open-api.tiktokglobalshop.com"
PATH = "/order/202309/orders/search"
NOW = 1_763_819_130
PAGE_TOKEN = "6AsPQsUMvH3Rkch/N5M1kHYcZ+tFA=="
QUERY = {
    "app_key": "29a39d",
    "page_token": PAGE_TOKEN,
    "shop_cipher": "GCP_XF90ig",
    "timestamp": str(NOW),
}
VALUE = {"status": "UNPAID", "note": "Grüße <b>", "at": [1, {"z": 1, "a": "x/y"}]}
BODY = json.dumps(VALUE, separators=(",", ":"), ensure_ascii=False).encode()


def signed(message: bytes | str, *, key: str = SECRET) -> str:
    """HMAC-SHA256 with the secret around the message."""
    raw = message.encode() if isinstance(message, str) else message
    return hmac.new(
        key.encode(), key.encode() + raw + key.encode(), hashlib.sha256
    ).hexdigest()


def joined(query: dict[str, str]) -> str:
    """Names and values, sorted."""
    return "".join(name + query[name] for name in sorted(query))


def looked_at(
    sign: str,
    *,
    path: str = PATH,
    query: dict[str, str] | None = None,
    raw_query: str | None = None,
    body: bytes | None = BODY,
    method: str = "POST",
    headers: dict[str, str] | None = None,
) -> Diagnosis:
    """What is said of a request with this signature."""
    wire = raw_query or urlencode(QUERY if query is None else query, quote_via=quote)
    request = HttpRequest(
        method=method,
        url=f"https://{HOST}{path}?{wire}&sign={quote(sign)}",
        headers=headers or {"x-tts-access-token": "TTP_token"},
        body=body,
    )
    return diagnose(request, SECRET, now=NOW + 3, other_secrets={})


def causes(found: Diagnosis) -> list[str]:
    """The names of the causes."""
    assert not found.is_right
    return [cause.name for cause in found.causes]


BASE = PATH + joined(QUERY)


@pytest.mark.parametrize(
    "signed_body",
    [
        json.dumps(VALUE),
        json.dumps(VALUE, ensure_ascii=False),
        json.dumps(VALUE, indent=2, ensure_ascii=False),
        json.dumps(VALUE, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        json.dumps(VALUE, separators=(",", ":")),
        json.dumps(VALUE, separators=(",", ":"), ensure_ascii=False).replace(
            "/", "\\/"
        ),
        BODY.decode() + "\n",
        str(VALUE),
    ],
)
def test_other_bytes_than_those_that_are_sent(signed_body):
    """1: the string that was signed is written again by `json=`."""
    found = looked_at(signed(BASE + signed_body))

    assert causes(found) == ["body_rewritten"]


def test_no_path_and_the_token():
    """2: the path is left out and the access token is signed, with a float of a time."""
    query = QUERY | {"timestamp": f"{NOW}.25", "access_token": "TTP_token"}
    found = looked_at(signed(joined(query)), query=query, body=None)

    assert causes(found) == ["path_missing", "access_token_signed"]
    assert [remark.name for remark in found.remarks] == ["timestamp_form"]


@pytest.mark.parametrize("nothing", ["{}", "null", "[]"])
def test_an_empty_object_on_a_get(nothing):
    """3: something is signed for a body that is not there."""
    found = looked_at(signed(BASE + nothing), body=None, method="GET")

    assert causes(found) == ["missing_body_signed"]


def test_upper_case():
    """4: the digest is in upper case."""
    right_one = signed(BASE.encode() + BODY)
    found = looked_at(right_one.upper())

    assert causes(found) == ["upper_case"]
    assert found.sign == right_one


def test_the_body_after_the_secret():
    """5: the body is put after the second secret."""
    message = (SECRET + BASE + SECRET).encode() + BODY
    sign = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()

    assert causes(looked_at(sign)) == ["body_misplaced"]


def test_an_encoded_page_token_is_signed():
    """6: on page 2 only: the token is percent-encoded before it is signed."""
    encoded = QUERY | {"page_token": quote(PAGE_TOKEN, safe="")}
    found = looked_at(signed((PATH + joined(encoded)).encode() + BODY))

    assert causes(found) == ["percent_encoded"]
    assert "page_token" in found.causes[0].what


def test_a_page_token_is_sent_as_it_is():
    """6: signed as it is, but its + arrives as a space."""
    raw = "&".join(f"{name}={value}" for name, value in QUERY.items())
    found = looked_at(signed(BASE.encode() + BODY), raw_query=raw)

    assert causes(found) == ["raw_plus"]
    assert "page_token" in found.causes[0].what


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=xyz"]
)
def test_an_upload_is_signed(content_type):
    """7: the header is compared with its boundary, so the upload is signed."""
    found = looked_at(
        signed(BASE.encode() + BODY), headers={"Content-Type": content_type}
    )

    assert causes(found) == ["body_signed"]


def test_no_app_key():
    """8: the app key was not sent at all."""
    query = {name: value for name, value in QUERY.items() if name != "app_key"}
    found = looked_at(signed((PATH + joined(query)).encode() + BODY), query=query)

    assert found.is_right
    assert [remark.name for remark in found.remarks] == ["app_key_missing"]


@pytest.mark.parametrize(
    ("timestamp", "remark"),
    [
        (str(NOW * 1000), "timestamp_form"),
        (f"{NOW}.5", "timestamp_form"),
        (str(NOW - 400), "timestamp_old"),
        (str(NOW + 3 + 31), "timestamp_ahead"),
    ],
)
def test_the_time(timestamp, remark):
    """9: milliseconds, a fraction, a job that waited in a queue, a clock 31 s fast."""
    query = QUERY | {"timestamp": timestamp}
    found = looked_at(signed((PATH + joined(query)).encode() + BODY), query=query)

    assert found.is_right
    assert [remark.name for remark in found.remarks] == [remark]


def test_a_time_within_its_limits_is_no_remark():
    """Nothing is made of a few seconds."""
    for apart in (-290, 30):
        query = QUERY | {"timestamp": str(NOW + 3 + apart)}
        found = looked_at(signed((PATH + joined(query)).encode() + BODY), query=query)

        assert found.remarks == ()


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (BASE, "body_unsigned"),
        (HOST + BASE + BODY.decode(), "path_changed"),
        (f"https://{HOST}" + BASE + BODY.decode(), "path_changed"),
        (BASE.removeprefix("/") + BODY.decode(), "path_changed"),
        (
            PATH + "".join(k + v for k, v in reversed(QUERY.items())) + BODY.decode(),
            "key_order",
        ),
        (
            PATH + "&".join(f"{k}={v}" for k, v in QUERY.items()) + BODY.decode(),
            "separators",
        ),
        (
            PATH + joined(QUERY | {"access_token": "TTP_token"}) + BODY.decode(),
            "access_token_signed",
        ),
        (
            PATH + joined(QUERY | {"timestamp": str(NOW - 1)}) + BODY.decode(),
            "other_timestamp",
        ),
        (
            PATH
            + joined({k: v for k, v in QUERY.items() if k != "shop_cipher"})
            + BODY.decode(),
            "parameter_left_out",
        ),
    ],
)
def test_one_mistake_alone(message, name):
    """Each is told by its name."""
    assert causes(looked_at(signed(message))) == [name]


@pytest.mark.parametrize(
    ("sign", "names"),
    [
        (
            signed(
                PATH + joined(QUERY | {"access_token": "TTP_token"}) + json.dumps(VALUE)
            ),
            ["body_rewritten", "access_token_signed"],
        ),
        (signed(BASE).upper(), ["body_unsigned", "upper_case"]),
        (
            signed(HOST + BASE + json.dumps(VALUE)),
            ["body_rewritten", "path_changed"],
        ),
    ],
)
def test_two_mistakes_at_once(sign, names):
    """Both are told."""
    assert causes(looked_at(sign)) == names


def test_the_body_of_a_call_from_before_202309():
    """It is not part of the signature."""
    path = "/api/orders/search"
    message = path + joined(QUERY)
    body = b'{"page_size":50}'

    assert looked_at(signed(message), path=path, body=body).is_right
    assert causes(looked_at(signed(message.encode() + body), path=path, body=body)) == [
        "body_signed"
    ]


@pytest.mark.parametrize("secret", [SECRET + "\n", SECRET[:-1], "29a39d"])
def test_a_secret_that_was_copied_badly(secret):
    """A line end, a lost character, the key in its place."""
    found = looked_at(signed(BASE.encode() + BODY, key=secret))

    assert causes(found) == ["wrong_secret"]


def test_any_other_secret_is_not_explained():
    """There is no known mistake in it."""
    assert causes(looked_at(signed(BASE.encode() + BODY, key="somebody's"))) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.ways.__name__)
def test_every_way_of_every_mistake_is_found_again(mistake):
    """By its own name, or by that of another with the same result."""
    path = "/product/202309/products/1729592969712207008"
    bodies = (BODY, b"{}", b"{\r\n}", b"")
    tried = 0
    for body in bodies:
        wire = urlencode(QUERY | {"empty": ""}, quote_via=quote)
        request = HttpRequest(
            method="POST",
            url=f"https://{HOST}{path}?{wire}",
            headers={"x-tts-access-token": "TTP_token", "accept": "*/*"},
            body=body or None,
        )
        recipe = right(Sent.of(request), SECRET)
        for cause, wrong in mistake.made_on(recipe):
            sign = wrong.sign()
            if sign == recipe.sign():
                continue
            tried += 1
            found = looked_at(
                sign,
                path=path,
                raw_query=wire,
                body=body or None,
                headers={"x-tts-access-token": "TTP_token", "accept": "*/*"},
            )

            assert len(found.causes) == 1, cause
            assert found.causes[0].remedy
    assert tried or mistake.name in {"raw_plus", "percent_encoded_twice", "body_signed"}
