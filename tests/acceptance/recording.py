"""A wire with a tap: passes calls on to a sandbox and writes down which pages it gave."""

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import orjson

# What differs each time that the same page is asked for.
_CHANGING = {"sign", "timestamp", "access_token"}
_FOR_ONE_HOP = {"connection", "transfer-encoding", "content-length"}


class Tap(ThreadingHTTPServer):
    """Knows when each page was asked for, in each life of the process that asks."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Wire)
        self.target = urlsplit(target).netloc
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.lives: list[dict[object, list[float]]] = []
        self.begin_life()
        self._lock = threading.Lock()
        self._at_once = 0
        # The most calls that were in flight together.
        self.most_at_once = 0

    def begin_life(self) -> None:
        """Let what follows belong to a new process."""
        self.lives.append(defaultdict(list))

    def handle_error(self, *_: object) -> None:
        """Whoever asked was killed."""

    @contextlib.contextmanager
    def call(self, path: str, body: bytes) -> Iterator[Callable[[], None]]:
        """Write down one call while it is passed on; what is given takes it back."""
        asked: list[float] = []
        moment = time.monotonic()
        parts = urlsplit(path)
        query = [pair for pair in parse_qsl(parts.query) if pair[0] not in _CHANGING]
        with self._lock:
            if parts.path.endswith("/search"):
                page = (parts.path, *sorted(query), body)
                asked = self.lives[-1][page]
                asked.append(moment)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield lambda: asked.remove(moment) if moment in asked else None
        finally:
            with self._lock:
                self._at_once -= 1


class _Wire(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Tap

    def setup(self) -> None:
        super().setup()
        self.onward = HTTPConnection(self.server.target)

    def finish(self) -> None:
        self.onward.close()
        super().finish()

    def log_message(self, *_: object) -> None:
        """Nothing is worth a line."""

    def do_POST(self) -> None:
        """Pass a call on, and its answer back."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.server.call(self.path, body) as take_back:
            headers = dict(self.headers.items())
            self.onward.request(self.command, self.path, body, headers)
            reply = self.onward.getresponse()
            answer = reply.read()
            if reply.status != HTTPStatus.OK or orjson.loads(answer).get("code"):
                # Refused, as one that came too early: to ask again is right.
                take_back()
        self.send_response_only(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in _FOR_ONE_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 -- as http.server spells it


@contextlib.contextmanager
def tapping(target: str) -> Iterator[Tap]:
    """Run a tap in front of a sandbox."""
    with Tap(target) as tap:
        thread = threading.Thread(target=tap.serve_forever, daemon=True)
        thread.start()
        yield tap
        tap.shutdown()
        thread.join()
