"""Each scenario, as a client meets it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.integration

INFO = "bg.open.accesstoken.info.get"


def test_429_burst(sandbox_client: Callable[..., Any]) -> None:
    """Both marketplaces refuse a stretch of calls, each in its own way; no violations."""
    client = sandbox_client(scenario="429-burst")
    client.connect()

    tiktok = [client.search_orders() for _ in range(25)]
    temu = [client.temu_call(INFO).json() for _ in range(25)]

    refused = [reply for reply in tiktok if reply.status_code == 429]
    assert {36009002} == {reply.json()["code"] for reply in refused}
    assert len(refused) == 12
    assert 0 < sum("retry-after" in reply.headers for reply in refused) < 12
    assert [a["errorCode"] for a in temu if not a["success"]] == [4000004] * 12
    apps = client.page("stats")["apps"].values()
    assert {0} == {app["violations"] for app in apps}


def test_5xx(sandbox_client: Callable[..., Any]) -> None:
    """Some calls get 500, 503 or a proxy's page; the others are answered."""
    client = sandbox_client(scenario="5xx")

    replies = [client.temu_call(INFO) for _ in range(42)]

    statuses = [reply.status_code for reply in replies]
    assert {status: statuses.count(status) for status in set(statuses)} == {
        200: 36,
        500: 2,
        502: 2,
        503: 2,
    }


def test_expired_token(sandbox_client: Callable[..., Any]) -> None:
    """After a while the access token has expired; a refresh helps."""
    client = sandbox_client(scenario="expired-token")
    client.connect()

    replies = [client.search_orders() for _ in range(40)]
    data = client.http.send(client.refresh()).json()["data"]
    client.access_token = data["access_token"]

    assert [reply.status_code for reply in replies] == [200] * 39 + [401]
    assert replies[-1].json()["code"] == 105002
    assert client.search_orders().ok


def test_lost_reply(sandbox_client: Callable[..., Any]) -> None:
    """The first refresh has no answer, but has happened: the old token is dead."""
    client = sandbox_client(scenario="lost-reply")
    client.connect()

    with pytest.raises(requests.ConnectionError):
        client.http.send(client.refresh())
    replayed = client.http.send(client.refresh()).json()
    client.connect()

    assert replayed["code"] == 36004005
    assert client.search_orders().ok


def test_late_rows(sandbox_client: Callable[..., Any]) -> None:
    """A change is true at once and found later, with its old update time."""
    client = sandbox_client(scenario="late-rows", churn=0)
    client.connect()
    client.clock.at += 5
    client.control(freeze=True, touch=200)
    start = int(client.clock())

    def found() -> int:
        page = client.temu_call(
            "bg.order.list.v2.get", updateAtStart=start, updateAtEnd=start + 60
        )
        total: int = page.json()["result"]["totalItemNum"]
        return total

    before = found()
    client.clock.at += 21
    after = found()

    truth = client.page("truth")["orders"][client.mall["shop_key"]].values()
    latest = max(row["updated_at"] for row in truth)
    assert before == 0
    assert after == sum(row["updated_at"] == latest for row in truth) > 0


def test_looping_page_token(sandbox_client: Callable[..., Any]) -> None:
    """A token leads to its own page twice, then onward to the end."""
    client = sandbox_client(scenario="looping-page-token")
    client.connect()

    tokens = [""]
    while len(tokens) == 1 or tokens[-1]:
        page = client.search_orders(page_token=tokens[-1]).json()["data"]
        tokens.append(page["next_page_token"])

    assert tokens[1] == tokens[2] == tokens[3] != tokens[4]
    assert len(tokens) == 6


def test_churn(sandbox_client: Callable[..., Any]) -> None:
    """The world keeps changing by itself."""
    client = sandbox_client(scenario="churn")
    first = client.page("truth")
    deadline = time.monotonic() + 10

    while client.page("truth") == first:
        assert time.monotonic() < deadline
