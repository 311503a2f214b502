"""The checks of Temu's gateway, each with the code the documentation gives."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.wire import Incoming, Reply

INFO = "bg.open.accesstoken.info.get"
LIST = "bg.order.list.v2.get"
MANY_IDS = [str(number) for number in range(101)]


@pytest.fixture
def caller(
    make_sandbox: Callable[..., Sandbox], temu_caller: Callable[..., Any]
) -> Any:
    """Give a mall with a valid token."""
    return temu_caller(make_sandbox())


def code(caller: Any, body: object) -> int:
    """Return the error code of the answer to a body."""
    reply = caller.send(body)
    assert isinstance(reply, Reply)
    assert reply.status == 200
    answer = orjson.loads(reply.body)
    assert not answer["success"]
    assert "result" not in answer
    error: int = answer["errorCode"]
    return error


def test_a_success_names_its_zone(caller: Any) -> None:
    """A right call succeeds, and the request id begins with the zone."""
    answer = caller.answer(INFO)

    assert (answer["success"], answer["errorCode"]) == (True, 1000000)
    assert answer["requestId"].startswith("eu-")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("type", None, 3000002),
        ("type", "bg.order.nothing", 3000003),
        ("app_key", None, 3000025),
        ("app_key", "another", 3000026),
        ("timestamp", None, 3000010),
        ("timestamp", 1_780_000_301, 3000011),
        ("timestamp", 1_780_000_000_000, 3000011),
        ("timestamp", "soon", 3000011),
        ("timestamp", 1_779_999_699, 3000012),
        ("data_type", None, 3000013),
        ("data_type", "XML", 3000014),
        ("access_token", None, 3000030),
        ("access_token", "neverwas", 3000031),
    ],
)
def test_each_field_has_its_code(
    caller: Any, field: str, value: object, expected: int
) -> None:
    """A missing or wrong field is refused with its own code, rightly signed or not."""
    body = caller.signed(INFO, **{field: value}) if field != "type" else None
    if body is None:
        body = {**caller.signed(INFO), "type": value}

    assert expected == code(caller, body)


@pytest.mark.parametrize("shift", [-300, 300])
def test_timestamps_have_a_window(caller: Any, shift: int) -> None:
    """A timestamp may be 300 s off, as number or text."""
    at = int(caller.clock()) + shift

    assert caller.answer(INFO, timestamp=at)["success"]
    assert caller.answer(INFO, timestamp=str(at))["success"]


def test_a_missing_or_wrong_signature_is_refused(caller: Any) -> None:
    """No sign and a wrong sign have codes of their own."""
    body = caller.signed(INFO)

    assert code(caller, {**body, "sign": None}) == 3000040
    assert code(caller, {**body, "sign": body["sign"].lower()}) == 3000001
    assert code(caller, {**body, "extra": 1}) == 3000001


def test_nested_values_are_signed_in_body_order(caller: Any) -> None:
    """What is signed is the body written compactly, whatever the bytes on the wire."""
    body = caller.signed(LIST, parentOrderSnList=["PO-é", "b/c"])
    call = Incoming(
        method="POST",
        path="/",
        # The default style of Python: spaces and escapes.
        body=orjson.dumps(body, option=orjson.OPT_INDENT_2),
        arrived=5.0,
    )

    reply = caller.api.answer(call)

    assert isinstance(reply, Reply)
    assert orjson.loads(reply.body)["success"]


def test_a_missing_scope_stops_one_type(caller: Any) -> None:
    """Without the order list's scope it is refused; other types are not."""
    caller.mall.scopes.remove(LIST)

    assert caller.answer(LIST)["errorCode"] == 3000032
    assert caller.answer(INFO)["success"]


@pytest.mark.parametrize("body", [[], "text", {}])
def test_what_is_not_an_object_is_bad(caller: Any, body: object) -> None:
    """Without a JSON object there is nothing to read."""
    assert code(caller, body) == 3000000


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000])
def test_what_is_not_json_is_bad(caller: Any, content: bytes) -> None:
    """Broken JSON is refused, not an error of ours."""
    call = Incoming(method="POST", path="/", body=content, arrived=5.0)

    reply = caller.api.answer(call)

    assert isinstance(reply, Reply)
    assert orjson.loads(reply.body)["errorCode"] == 3000000


def test_the_limit_counts_per_app(caller: Any) -> None:
    """The twenty-first call in a second gets HTTP 200 and 4000004."""
    body = orjson.dumps(caller.signed(INFO))
    call = Incoming(method="POST", path="/", body=body, arrived=9.0)

    replies = [caller.api.answer(call) for _ in range(21)]

    answers = [orjson.loads(reply.body) for reply in replies]
    assert [answer["errorCode"] for answer in answers] == [1000000] * 20 + [4000004]
    assert {200} == {reply.status for reply in replies}
    assert caller.zone.traffic.report(at=9.0)["violations"] == 1


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"updateAtStart": 1}, 140020013),
        ({"updateAtEnd": 1}, 140020013),
        ({"updateAtStart": 1, "updateAtEnd": 1_780_000_000_000}, 140020014),
        ({"updateAtStart": 5, "updateAtEnd": 5}, 140020012),
        ({"createAfter": 5, "createBefore": 4}, 140020012),
        ({"pageSize": 101}, 3000000),
        ({"pageSize": "100"}, 3000000),
        ({"pageNumber": 0}, 3000000),
        ({"pageNumber": 101}, 3000000),
        ({"sortby": "price"}, 3000000),
        ({"sortby": 1}, 3000000),
        ({"parentOrderSnList": "PO-1"}, 3000000),
        ({"parentOrderSnList": [1]}, 3000000),
        ({"parentOrderSnList": [str(number) for number in range(21)]}, 3000000),
    ],
)
def test_the_order_list_is_strict(
    caller: Any, parameters: dict[str, object], expected: int
) -> None:
    """Halves of ranges, milliseconds, texts for numbers: each is refused."""
    assert expected == caller.answer(LIST, **parameters)["errorCode"]


def test_unknown_parameters_are_ignored(caller: Any) -> None:
    """A misspelt filter filters nothing, and nobody says so."""
    every = caller.result(LIST)["totalItemNum"]

    assert every == caller.result(LIST, updateTimeStart=1)["totalItemNum"]


def test_an_unknown_order_is_not_found(caller: Any) -> None:
    """The detail call says when there is no such order, or none was asked for."""
    detail = "bg.order.detail.v2.get"

    assert caller.answer(detail, parentOrderSn="PO-0")["errorCode"] == 140020002
    assert caller.answer(detail)["errorCode"] == 3000000


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, 150010003),
        ({"goodsSearchType": "ANY"}, 150010003),
        ({"goodsSearchType": 1}, 3000000),
        ({"goodsSearchType": "ALL", "pageSize": 101}, 150010003),
        ({"goodsSearchType": "ALL", "pageToken": "e30="}, 150010003),
        ({"goodsSearchType": "ALL", "pageToken": "?"}, 150010003),
        ({"goodsSearchType": "ALL", "goodsIdList": MANY_IDS}, 150010003),
    ],
)
def test_the_goods_list_is_strict(
    caller: Any, parameters: dict[str, object], expected: int
) -> None:
    """The bucket is a text out of a closed set, and pages have a size."""
    answer = caller.answer("temu.local.goods.list.retrieve", **parameters)

    assert (answer["success"], answer["errorCode"]) == (False, expected)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, 3000000),
        ({"skuSearchType": "2"}, 3000000),
        ({"skuSearchType": 2, "pageNo": 0}, 3000000),
        ({"skuSearchType": 2, "skuIdList": ["1"]}, 3000000),
        # A refusal that carries the code of a success.
        ({"skuSearchType": 2, "pageSize": 200}, 1000000),
    ],
)
def test_the_variant_list_is_strict(
    caller: Any, parameters: dict[str, object], expected: int
) -> None:
    """Numbers are numbers, and a page that is too large fails with an odd code."""
    answer = caller.answer("bg.local.goods.sku.list.query", **parameters)

    assert (False, expected) == (answer["success"], answer["errorCode"])
