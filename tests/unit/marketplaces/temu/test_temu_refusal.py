"""Each mistake that people make with Temu's signature is found by its result."""

import hashlib
import json
from pathlib import Path

import pytest

from worker.domain.calls import HttpRequest
from worker.domain.refusals import Diagnosis
from worker.marketplaces.temu.refusal.diagnosis import MISTAKES, diagnose
from worker.marketplaces.temu.refusal.recipe import right

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "temu.json").read_text())
BY_ID = {vector["id"]: vector for vector in VECTORS["vectors"]}
URL = "https://openapi-b-eu.temu.com/openapi/router"
SECRET = "0123456789abcdef0123456789abcdef01234567"
NOW = 1_760_000_000
PARAMS = {
    "type": "bg.logistics.shipment.create",
    "app_key": "00112233445566778899aabbccddeeff",
    "access_token": "exampletoken01",
    "timestamp": NOW,
    "data_type": "JSON",
    "goodsId": 9007199254740993,
    "Sort": "updateTime",
    "shipLater": True,
    "searchText": 'Größe "XL" / it\'s',
    "list": [{"z": False, "a": "x & y/z", "n": None}],
}


def looked_at(
    params: dict[str, object],
    sign: str,
    *,
    secret: str = SECRET,
    now: int = NOW,
    url: str = URL,
) -> Diagnosis:
    """What is said of a request with this signature."""
    body = json.dumps(params | {"sign": sign}).encode()
    request = HttpRequest(method="POST", url=url, headers={}, body=body)
    return diagnose(request, secret, now=now, other_secrets={})


def digest(message: str) -> str:
    """MD5 with the secret around the message."""
    return hashlib.md5(f"{SECRET}{message}{SECRET}".encode()).hexdigest().upper()  # noqa: S324 -- theirs


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda each: each["id"])
def test_known_good_signatures_are_right(vector):
    """Nothing is wrong with them but their age."""
    found = looked_at(
        vector["params"],
        vector["expected_sign"],
        secret=vector["app_secret"],
        now=int(vector["params"]["timestamp"]),
    )

    assert found.is_right
    assert {remark.name for remark in found.remarks} <= {"empty_sent"}


@pytest.mark.parametrize(
    ("id_", "name", "words"),
    [
        ("sorted_nested", "nested_form", "keys sorted"),
        ("python_default_dumps", "nested_form", "json.dumps"),
        ("sort_key_plus_value", "key_order", "together with their values"),
    ],
)
def test_negative_vectors_are_told_by_their_mistake(id_, name, words):
    """Each of them, and all of them."""
    assert {wrong["id"] for wrong in VECTORS["negative"]} == {
        "sorted_nested",
        "python_default_dumps",
        "sort_key_plus_value",
    }
    wrong = next(each for each in VECTORS["negative"] if each["id"] == id_)
    vector = BY_ID[wrong["of"]]
    found = looked_at(
        vector["params"], wrong["wrong_sign"], secret=vector["app_secret"]
    )

    assert [cause.name for cause in found.causes] == [name]
    assert words in found.causes[0].what
    assert found.sign == vector["expected_sign"]


def pairs(params: dict[str, object], **written: str) -> str:
    """Names and values, sorted; some of them written in another way."""
    return "".join(
        name
        + written.get(
            name,
            value
            if isinstance(value, str)
            else json.dumps(value, separators=(",", ":"), ensure_ascii=False),
        )
        for name, value in sorted(params.items())
    )


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (pairs(PARAMS, shipLater="True"), ["boolean_form"]),
        (pairs(PARAMS, shipLater="1"), ["boolean_form"]),
        (pairs(PARAMS, goodsId="9007199254740992"), ["number_form"]),
        (pairs(PARAMS, list='[{"z":false,"a":"x & y/z"}]'), ["nested_form"]),
        (pairs(PARAMS, list='[{"z":false,"a":"x & y\\/z","n":null}]'), ["nested_form"]),
        (pairs(PARAMS, list=str(PARAMS["list"])), ["nested_form"]),
        (
            "".join(
                pairs({name: PARAMS[name]}) for name in sorted(PARAMS, key=str.lower)
            ),
            ["key_order"],
        ),
        (
            pairs({k: v for k, v in PARAMS.items() if k != "access_token"}),
            ["parameter_left_out"],
        ),
        (pairs(PARAMS | {"timestamp": NOW - 2}), ["other_timestamp"]),
        (pairs(PARAMS | {"app_secret": SECRET}), ["parameter_not_sent"]),
        (
            pairs(PARAMS, shipLater="True", list=json.dumps(PARAMS["list"])),
            ["nested_form", "boolean_form"],
        ),
    ],
)
def test_mistakes_are_told(message, names):
    """One alone, or two at once."""
    found = looked_at(PARAMS, digest(message))

    assert [cause.name for cause in found.causes] == names


def test_lower_case_is_told():
    """Temu wants upper case."""
    found = looked_at(PARAMS, digest(pairs(PARAMS)).lower())

    assert [cause.name for cause in found.causes] == ["lower_case"]


def test_a_signature_of_the_attempt_before_is_told():
    """`sign` was still in the body when it was signed again."""
    first = digest(pairs(PARAMS))
    body = json.dumps(PARAMS)[:-1] + f', "sign": "{first}", "sign": "OTHER"}}'
    request = HttpRequest(method="POST", url=URL, headers={}, body=body.encode())
    found = diagnose(request, SECRET, now=NOW, other_secrets={})

    assert "sign_twice" in [remark.name for remark in found.remarks]


def test_the_secret_in_the_address_is_told():
    """It is not needed there, and it is logged."""
    found = looked_at(PARAMS, digest(pairs(PARAMS)), url=f"{URL}?app_secret={SECRET}")

    assert found.is_right
    assert [remark.name for remark in found.remarks] == ["app_secret_sent"]
    assert SECRET not in repr(found)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.ways.__name__)
def test_every_way_of_every_mistake_is_found_again(mistake):
    """By its own name, or by that of another with the same result."""
    params = PARAMS | {"empty": "", "nothing": None, "amount": 12.5}
    params["request"] = {"pageNo": 1}
    recipe = right(params, SECRET)
    tried = 0
    for cause, wrong in mistake.made_on(recipe):
        sign = wrong.sign()
        if sign != recipe.sign():
            tried += 1
            found = looked_at(params, sign)

            assert len(found.causes) == 1, cause
            assert found.causes[0].remedy
    # A sign that is itself signed cannot be foreseen.
    assert tried
