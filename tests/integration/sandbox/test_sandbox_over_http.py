"""A sandbox as its users meet it: over HTTP, with an ordinary client."""

import logging
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.integration


def test_a_seller_is_connected_and_read(sandbox_client: Callable[..., Any]) -> None:
    """From the code to the last page of orders, and all of it is the truth."""
    client = sandbox_client()
    client.connect()
    shops = client.tiktok_call("GET", "/authorization/202309/shops").json()["data"]
    listed = [(shop["id"], shop["cipher"]) for shop in shops["shops"]]

    token = ""
    rows: dict[str, int] = {}
    while True:
        # Tokens with `+` and `/` survive the way through the URL.
        data = client.search_orders(page_token=token).json()["data"]
        rows |= {row["id"]: row["update_time"] for row in data["orders"]}
        token = data["next_page_token"]
        if not token:
            break

    truth = client.page("truth")["orders"][client.shop["shop_key"]]
    assert (client.shop["shop_id"], client.shop["cipher"]) in listed
    assert {
        order_id: int(datetime.fromisoformat(row["updated_at"]).timestamp())
        for order_id, row in truth.items()
    } == rows


def test_temu_is_read_in_its_own_way(sandbox_client: Callable[..., Any]) -> None:
    """A mall's orders come over the zone's router; the body may be written loosely."""
    client = sandbox_client()

    answer = client.temu_call("bg.order.list.v2.get", pageSize=100).json()

    truth = client.page("truth")["orders"][client.mall["shop_key"]]
    numbers = {
        item["parentOrderMap"]["parentOrderSn"]
        for item in answer["result"]["pageItems"]
    }
    assert set(truth) == numbers


def test_every_answer_carries_the_servers_time(
    sandbox_client: Callable[..., Any],
) -> None:
    """The Date header follows the sandbox's clock, also when that is wrong."""
    client = sandbox_client()
    right = client.http.get(f"{client.base_url}/healthz")
    client.control(scenario="clock-skew")
    wrong = client.temu_call("bg.open.accesstoken.info.get")

    dates = [parsedate_to_datetime(reply.headers["date"]) for reply in (right, wrong)]

    now = datetime.fromtimestamp(client.clock(), UTC)
    assert [(date - now).total_seconds() for date in dates] == [0, 400]
    assert wrong.json()["errorCode"] == 3000012


def test_the_limit_holds_over_http(sandbox_client: Callable[..., Any]) -> None:
    """A quick burst is refused sooner or later, never before the limit, and counted."""
    client = sandbox_client(temu_rps=5)

    codes: list[int] = []
    while 4000004 not in codes and len(codes) < 500:
        answer = client.temu_call("bg.open.accesstoken.info.get").json()
        codes.append(answer["errorCode"])

    app = client.sellers["temu"]["eu"]["app_key"]
    counted = client.page("stats")["apps"][f"temu:eu:{app}"]
    assert codes[:5] == [1000000] * 5
    assert codes[-1] == 4000004
    assert (counted["calls"], counted["violations"]) == (len(codes), 1)


def test_a_slow_page_does_not_make_calls_look_crowded(
    sandbox_client: Callable[..., Any],
) -> None:
    """The truth of a large world is sent in pieces, and calls are answered meanwhile."""
    client = sandbox_client(orders_per_shop=3000)

    with client.http.get(f"{client.base_url}/truth", stream=True) as whole:
        pieces = whole.iter_content(1 << 12)
        first = next(pieces)
        meanwhile = client.temu_call("bg.open.accesstoken.info.get")
        rest = b"".join(pieces)

    assert meanwhile.json()["success"]
    assert (first + rest).count(b'"order_id"') == 3000 * 7


@pytest.mark.parametrize("rotates", [True, False])
def test_a_lost_reply_is_not_one_byte(
    sandbox_client: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    *,
    rotates: bool,
) -> None:
    """The connection ends without an answer, and the server takes it for normal."""
    client = sandbox_client()
    client.connect()
    client.control(scenario="lost-reply")
    request = client.refresh()
    if not rotates:
        for _ in range(14):
            client.temu_call("bg.open.accesstoken.info.get")
        code = client.page("sellers")["tiktok_shop"]["sellers"][0]["auth_code"]
        request = client.token_url("get", grant_type="authorized_code", auth_code=code)
    address = urlsplit(client.base_url)
    headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    message = (
        f"{request.method} {request.path_url} HTTP/1.1\r\nhost: x\r\n{headers}\r\n"
    )

    with (
        caplog.at_level(logging.WARNING),
        socket.create_connection((address.hostname, address.port), timeout=10) as raw,
    ):
        raw.sendall(message.encode())
        received = raw.recv(1)

    assert received == b""
    assert client.http.get(f"{client.base_url}/healthz").ok
    assert caplog.records == []


def test_the_console_explains_itself(sandbox_client: Callable[..., Any]) -> None:
    """Commands work over HTTP; nonsense is refused with a reason."""
    client = sandbox_client()

    touched = client.control(touch=5)
    refused = client.control(dance=True)
    broken = client.http.post(f"{client.base_url}/control", data=b"{")

    assert touched.json() == {"ok": True}
    assert refused.status_code == 400
    assert "there is no 'dance'" in refused.json()["error"]
    assert broken.status_code == 400


def test_the_consent_page_stands_in(sandbox_client: Callable[..., Any]) -> None:
    """The link for sellers leads to a page with their codes; agreeing leads back."""
    client = sandbox_client()
    url = f"{client.base_url}/open/authorize"
    service_id = client.tiktok["service_id"]

    page = client.http.get(url, params={"service_id": service_id, "state": "x"})
    wrong = client.http.get(url, params={"service_id": client.tiktok["app_key"]})

    seller = client.tiktok["sellers"][0]
    answer = {"service_id": service_id, "state": "x", "seller": seller["open_id"]}
    back = client.http.post(
        url, data={**answer, "decision": "agree"}, allow_redirects=False
    )

    assert seller["auth_code"] in page.text
    assert back.status_code == 303
    assert f"code={seller['auth_code']}" in back.headers["Location"]
    assert (wrong.status_code, wrong.text) == (404, "This service does not exist\n")


def test_answers_do_not_wait_for_more(sandbox_client: Callable[..., Any]) -> None:
    """No answer waits the 40 ms in which a delaying server hopes for another packet."""
    client = sandbox_client()
    durations = []
    for _ in range(10):
        started = time.monotonic()
        client.search_orders()
        durations.append(time.monotonic() - started)

    assert min(durations) < 0.03


def test_latency_delays_marketplaces_only(sandbox_client: Callable[..., Any]) -> None:
    """A marketplace answers late; the sandbox's own pages do not."""
    client = sandbox_client(latency_ms=60)
    started = time.monotonic()

    client.temu_call("bg.open.accesstoken.info.get")

    assert time.monotonic() - started >= 0.06
