"""The HTTP transport against a local server that misbehaves in every way it can."""

import gzip
import logging
import secrets
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typing_extensions import override

from worker.domain.calls import Call, HttpReply, HttpRequest
from worker.domain.errors import (
    AnswerLost,
    OperatorError,
    SellersyncError,
    Unreachable,
    UnreadableReply,
)
from worker.gateway.transport import HttpTransport

pytestmark = pytest.mark.integration

CANARY = "canary-secret"
CALL = Call(endpoint="orders/search")
ONCE = Call(endpoint="token/refresh", repeatable=False)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
READ_TIMEOUT = 0.3  # seconds


class Handler(BaseHTTPRequestHandler):
    """Notes each request and lets the test's own function answer it."""

    protocol_version = "HTTP/1.1"
    server: "PlayedServer"

    @override
    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        """Note, then play."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.server.play(self)

    def reset(self) -> None:
        """Close the connection so that the other side gets a reset."""
        at_once = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection, whatever is still missing."""
        self.rfile.close()
        self.connection.close()
        self.close_connection = True

    @override
    def finish(self) -> None:
        if not self.rfile.closed:
            super().finish()

    @override
    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class PlayedServer(ThreadingHTTPServer):
    """A server on a free port of this machine."""

    def __init__(self, play: Callable[[Handler], object]) -> None:
        self.play = play
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), Handler)

    def request(self, *, scheme: str = "http") -> HttpRequest:
        """Make a request to this server, with a secret in its URL."""
        return HttpRequest(
            method="POST",
            url=f"{scheme}://127.0.0.1:{self.server_port}/orders?sign={CANARY}",
            headers={"x-token": CANARY},
            body=b'{"page":1}',
        )

    @override
    def handle_error(self, *_: object) -> None:
        """A handler whose connection was broken on purpose has nothing to report."""


@contextmanager
def playing(play: Callable[[Handler], object]) -> Iterator[PlayedServer]:
    """Run a server that answers each request as `play` says."""
    with PlayedServer(play) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    """Open a transport with little patience and room."""
    transport = HttpTransport(
        connect_timeout=timedelta(seconds=2),
        read_timeout=timedelta(seconds=READ_TIMEOUT),
        largest_body=100_000,
    )
    yield transport
    transport.close()


def say(answer: bytes) -> Callable[[Handler], object]:
    """Answer with these bytes."""
    return lambda handler: handler.wfile.write(answer)


def say_and_hang_up(answer: bytes) -> Callable[[Handler], object]:
    """Answer with these bytes and close the connection."""

    def play(handler: Handler) -> None:
        handler.wfile.write(answer)
        handler.hang_up()

    return play


def stall(handler: Handler) -> None:
    """Never answer; end when the client has gone."""
    handler.connection.settimeout(5)
    handler.connection.recv(1)
    handler.close_connection = True


def trickle(handler: Handler) -> None:
    """Send a byte well within each read timeout, for far longer in all."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        handler.wfile.write(b"x")
        threading.Event().wait(READ_TIMEOUT / 5)


def failure(
    transport: HttpTransport, request: HttpRequest, call: Call = CALL
) -> SellersyncError:
    """Send what must fail; return the error."""
    with pytest.raises(SellersyncError) as raised:
        transport.send(request, call=call)
    return raised.value


def test_what_was_signed_is_what_is_sent(transport: HttpTransport) -> None:
    """Path, query, headers and body arrive as they were signed, with our name."""
    with playing(say(OK)) as server:
        transport.send(server.request(), call=CALL)

    [(path, headers, body)] = server.requests
    assert path == f"/orders?sign={CANARY}"
    assert headers["x-token"] == CANARY
    assert headers["User-Agent"].startswith("sellersync/")
    assert body == b'{"page":1}'


def test_a_reply_comes_back_whole(transport: HttpTransport) -> None:
    """Status, headers in lower case and the decoded body come back."""
    packed = gzip.compress(b"<html>busy</html>")
    head = (
        "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(packed)}\r\n\r\n"
    )
    with playing(say(head.encode() + packed)) as server:
        reply = transport.send(server.request(), call=CALL)

    assert (reply.status, reply.body) == (503, b"<html>busy</html>")
    assert reply.headers["retry-after"] == "3"


def test_a_chunked_reply_is_put_together(transport: HttpTransport) -> None:
    """A body in chunks is one body."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with playing(say(chunked + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) as server:
        reply = transport.send(server.request(), call=CALL)

    assert reply.body == b"abcde"


def test_a_packed_reply_in_many_pieces_is_put_together(
    transport: HttpTransport,
) -> None:
    """No piece of a packed body is lost or taken for the end, however small it is."""
    body = secrets.token_bytes(90_000)
    packed = gzip.compress(body)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(packed)}\r\n\r\n"
    )

    def piecemeal(handler: Handler) -> None:
        handler.wfile.write(head.encode())
        for at in range(40):
            handler.wfile.write(packed[at : at + 1])
            threading.Event().wait(0.001)
        handler.wfile.write(packed[40:])

    with playing(piecemeal) as server:
        reply = transport.send(server.request(), call=CALL)

    assert reply.body == body


def test_a_redirect_is_not_followed(transport: HttpTransport) -> None:
    """A redirect would carry the token to another address."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with playing(say(moved)) as server:
        reply = transport.send(server.request(), call=CALL)

    assert reply.status == 302
    assert len(server.requests) == 1


def test_cookies_are_not_kept(transport: HttpTransport) -> None:
    """A cookie given to one seller's call is not sent with another's."""
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    with playing(say(cookie)) as server:
        transport.send(server.request(), call=CALL)
        transport.send(server.request(), call=CALL)

    assert "Cookie" not in server.requests[1][1]


def test_connections_are_reused(transport: HttpTransport) -> None:
    """Calls share a connection, whatever came back on it."""
    with playing(say(OK)) as server:
        for _ in range(3):
            transport.send(server.request(), call=CALL)

    assert (len(server.requests), server.connections) == (3, 1)


def test_a_call_that_must_act_once_opens_its_own_connection(
    transport: HttpTransport,
) -> None:
    """A pooled connection may be dead, which only shows when it is too late."""
    with playing(say(OK)) as server:
        for call in (CALL, ONCE, ONCE):
            transport.send(server.request(), call=call)

    assert server.connections == 3


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(stall, id="read-timeout"),
        pytest.param(trickle, id="trickle"),
        pytest.param(Handler.reset, id="reset"),
        pytest.param(Handler.hang_up, id="closed"),
        pytest.param(say_and_hang_up(b"HTT"), id="half-a-head"),
        pytest.param(
            say_and_hang_up(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
            id="short-body",
        ),
        pytest.param(
            say_and_hang_up(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"
            ),
            id="broken-chunk",
        ),
    ],
)
@pytest.mark.parametrize("call", [CALL, ONCE], ids=["repeatable", "once"])
def test_a_request_without_a_whole_answer_is_ambiguous(
    transport: HttpTransport, play: Callable[[Handler], object], call: Call
) -> None:
    """Once it was sent, a request may have been acted on; it is sent exactly once."""
    began = time.monotonic()
    with playing(play) as server:
        error = failure(transport, server.request(), call)

    assert type(error) is AnswerLost
    assert len(server.requests) == 1
    assert time.monotonic() - began < 3


def test_a_refused_connection_is_not_ambiguous(transport: HttpTransport) -> None:
    """What could not connect was never sent."""
    with playing(say(OK)) as server:
        request = server.request()

    assert type(failure(transport, request, ONCE)) is Unreachable


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz",
            id="not-gzip",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n" + b"x" * 100_001,
            id="too-long",
        ),
    ],
)
def test_a_body_that_cannot_be_taken_is_unreadable(
    transport: HttpTransport, answer: bytes
) -> None:
    """A body that is broken or far too long is an answer, but not a readable one."""
    with playing(say(answer)) as server:
        error = failure(transport, server.request())

    assert type(error) is UnreadableReply


def test_a_zip_bomb_does_not_fill_the_memory(transport: HttpTransport) -> None:
    """The bound counts what comes out of the decoder, not what came over the wire."""
    bomb = gzip.compress(b"0" * 50_000_000)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(bomb)}\r\n\r\n"
    )
    with playing(say(head.encode() + bomb)) as server:
        error = failure(transport, server.request())

    assert type(error) is UnreadableReply


@pytest.mark.parametrize("url", ["api.example/router", "ftp://api.example", "http://"])
def test_an_address_that_is_none_is_the_operators_business(
    transport: HttpTransport, url: str
) -> None:
    """A set-up that cannot work says which setting to look at."""
    request = HttpRequest(method="POST", url=url, headers={}, body=None)

    error = failure(transport, request)

    assert type(error) is OperatorError
    assert "api host" in str(error)


def certificate(folder: Path) -> Path:
    """Make a certificate that nobody trusts, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_certificate_nobody_trusts_gets_nothing(
    transport: HttpTransport, tmp_path: Path
) -> None:
    """An untrusted server is left before anything was sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with playing(say(OK)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        error = failure(transport, server.request(scheme="https"), ONCE)

    assert type(error) is Unreachable
    assert server.requests == []


def everything_reachable(error: BaseException | None) -> Iterator[str]:
    """Give the text of an error and of all it hangs on."""
    while error is not None:
        yield f"{error} {error!r} {error.args!r}"
        yield from everything_reachable(error.__cause__)
        error = error.__context__


@pytest.mark.parametrize("play", [stall, Handler.reset, say_and_hang_up(b"HTT")])
def test_no_error_holds_the_url(
    transport: HttpTransport, play: Callable[[Handler], object]
) -> None:
    """A library's error holds the URL with its secrets; ours does not even hang on it."""
    with playing(play) as server:
        error = failure(transport, server.request())
    refused = failure(transport, server.request())

    assert CANARY not in "".join(everything_reachable(error))
    assert CANARY not in "".join(everything_reachable(refused))


def test_no_log_line_holds_the_url(
    transport: HttpTransport, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even at DEBUG does the HTTP library log a URL."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    with playing(say(OK)) as server:
        transport.send(server.request(), call=CALL)
    failure(transport, server.request(), ONCE)

    assert CANARY not in caplog.text


def test_threads_share_one_transport(transport: HttpTransport) -> None:
    """Many threads may call at once, more than the pool keeps."""
    replies: list[HttpReply] = []
    with playing(say(OK)) as server:

        def call() -> None:
            replies.append(transport.send(server.request(), call=CALL))

        threads = [threading.Thread(target=call) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [reply.body for reply in replies] == [b"ok"] * 40
