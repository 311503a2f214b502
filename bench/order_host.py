"""A local host with any number of orders, in a process of its own.

Its answers are cut from orders that were made before, so that it keeps ahead of whoever
reads, and its CPU time is nobody else's.
"""

import multiprocessing
import multiprocessing.connection
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from urllib.parse import parse_qs, urlsplit

import orjson
from typing_extensions import override

from bench.orders import ORDERS_PER_PAGE, search_reply

_PAGES_OF_PATTERNS = 5
# The orders are spread over this time before now.
_SPAN = 80 * 24 * 3600  # seconds
_AN_HOUR = 3600  # seconds
# What stands in a pattern for what differs from order to order.
_ID = b"@id"
_CREATED = 1_111_111_111
_UPDATED = 2_222_222_222


class Orders:
    """`count` orders by their update times, which rise evenly."""

    def __init__(self, count: int) -> None:
        self._first = int(time.time()) - _SPAN - _AN_HOUR
        self._patterns = [
            _pattern(order)
            for number in range(_PAGES_OF_PATTERNS)
            for order in orjson.loads(search_reply(number))["data"]["orders"]
        ]
        self._count = count

    def page(self, *, start: int, end: int, after: int) -> bytes:
        """Return the reply of a search for `start <= update time < end`."""
        places = range(self._count)
        first = bisect_left(places, start, key=self._updated)
        last = bisect_left(places, end, key=self._updated)
        begin = first + after
        stop = min(begin + ORDERS_PER_PAGE, last)
        token = str(stop - first).encode() if stop < last else b""
        return b"".join(
            (
                b'{"code":0,"message":"Success","request_id":"1","data":',
                b'{"next_page_token":"%b","total_count":%d,"orders":['
                % (token, last - first),
                b",".join(self._order(place) for place in range(begin, stop)),
                b"]}}",
            )
        )

    def _updated(self, place: int) -> int:
        return self._first + place * _SPAN // self._count

    def _order(self, place: int) -> bytes:
        updated = self._updated(place)
        created = updated - _AN_HOUR
        # Like the marketplace's: its upper bits are its time.
        order_id = (created << 28) + place
        return (
            self._patterns[place % len(self._patterns)]
            .replace(_ID, b"%d" % order_id)
            .replace(b"%d" % _CREATED, b"%d" % created)
            .replace(b"%d" % _UPDATED, b"%d" % updated)
        )


def _pattern(order: dict[str, object]) -> bytes:
    return orjson.dumps(
        order
        | {
            "id": _ID.decode(),
            "create_time": _CREATED,
            "paid_time": _CREATED,
            "update_time": _UPDATED,
        }
    )


@dataclass(slots=True)
class Calls:
    """What the host counted; refused is what came beyond the limit in any one second."""

    answered: int = 0
    refused: int = 0
    first_at: float = 0.0
    last_at: float = 0.0

    @property
    def per_second(self) -> float:
        """Answered calls, from the first to the last one."""
        return (self.answered - 1) / (self.last_at - self.first_at)


class Gate:
    """Lets `limit` calls through in any second and makes each wait for its answer."""

    def __init__(self, limit: float, latency: float) -> None:
        self.calls = Calls()
        self._limit = limit
        self._latency = latency
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Count a call, and keep it waiting; False: it is refused."""
        with self._lock:
            now = time.monotonic()
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            if len(self._recent) >= self._limit:
                self.calls.refused += 1
                return False
            self._recent.append(now)
            self.calls.answered += 1
            self.calls.first_at = self.calls.first_at or now
            self.calls.last_at = now
        threading.Event().wait(self._latency)
        return True


class Host:
    """The running host, seen from the bench."""

    def __init__(self, url: str, pipe: multiprocessing.connection.Connection) -> None:
        self.url = url
        self._pipe = pipe

    def calls(self) -> Calls:
        """Return what was counted until now."""
        self._pipe.send("count")
        counted: Calls = self._pipe.recv()
        return counted


@contextmanager
def serving(orders: int, *, limit: float = inf, latency: float = 0.0) -> Iterator[Host]:
    """Serve so many orders, with `limit` calls per second that take `latency` seconds."""
    ours, theirs = multiprocessing.Pipe()
    host = multiprocessing.Process(
        target=_serve, args=(orders, limit, latency, theirs), daemon=True
    )
    host.start()
    try:
        yield Host(f"http://127.0.0.1:{ours.recv()}", ours)
    finally:
        host.terminate()
        host.join()


def _serve(
    count: int,
    limit: float,
    latency: float,
    pipe: multiprocessing.connection.Connection,
) -> None:
    orders = Orders(count)
    gate = Gate(limit, latency)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else the body waits for the acknowledgement of the headers: up to 40 ms.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            wanted = orjson.loads(self.rfile.read(length) or b"{}")
            if not gate.admits():
                self._answer(429, b"{}")
                return
            query = parse_qs(urlsplit(self.path).query)
            body = orders.page(
                start=wanted.get("update_time_ge", 0),
                end=wanted.get("update_time_lt", 2**40),
                after=int(query.get("page_token", ["0"])[0]),
            )
            self._answer(200, body)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_port)
    while True:
        pipe.recv()
        pipe.send(gate.calls)
