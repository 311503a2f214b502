"""Serving a sandbox: in this process until a signal, or in a thread for tests."""

import contextlib
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from worker.domain.errors import OperatorError
from worker.sandbox.connection import Connection
from worker.sandbox.options import SandboxOptions
from worker.sandbox.sandbox import Sandbox
from worker.sandbox.web import create_web

# Longer than clients keep idle connections: a connection that we close first looks to
# them like a call that got lost.
KEEP_ALIVE = 300  # seconds
SHUTDOWN = 2  # seconds
STARTUP = 60.0  # seconds
# Connections that wait to be accepted.
BACKLOG = 1024


def create_app(options: SandboxOptions) -> Starlette:
    """Return the application; hanging up needs the server of this module."""
    return create_web(Sandbox(options))


def serve(
    host: str,
    port: int,
    options: SandboxOptions,
    *,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return; `on_ready` gets the base URL.

    Raises:
        OperatorError: the address cannot be used.
    """
    with _listen(host, port) as listener:
        server = _Server(create_app(options), listener)
        # The world stays until the end: looking through it again and again would hold
        # up the calls.
        gc.collect()
        gc.freeze()
        server.run_on(listener, on_ready=on_ready)


@contextlib.contextmanager
def running(options: SandboxOptions | None = None) -> Iterator[str]:
    """Serve in a thread on a free port of this machine; yield the base URL."""
    with _listen("127.0.0.1", 0) as listener:
        server = _Server(create_app(options or SandboxOptions()), listener)
        thread = threading.Thread(target=server.run_on, args=(listener,), daemon=True)
        thread.start()
        if not server.ready.wait(STARTUP):
            raise TimeoutError(server.base_url)
        try:
            yield server.base_url
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """Says when it is ready, and ends without raising the signal that ended it."""

    def __init__(self, app: Starlette, listener: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                log_level="warning",
                log_config=None,
                access_log=False,
                # The application knows the marketplaces' time.
                date_header=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=SHUTDOWN,
            )
        )
        host, port = listener.getsockname()[:2]
        self.base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.ready = threading.Event()
        self._on_ready: Callable[[str], None] | None = None

    def run_on(
        self,
        listener: socket.socket,
        *,
        on_ready: Callable[[str], None] | None = None,
    ) -> None:
        """Serve on a listening socket until the end."""
        self._on_ready = on_ready
        self.run(sockets=[listener])

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
        if self._on_ready is not None:
            self._on_ready(self.base_url)

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        # uvicorn would raise the signal once more after its shutdown, but a sandbox that
        # was asked to end and did is a success.
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; with it each
    # answer of two packets would wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        message = f"cannot listen on {host}:{port}: {reason}; choose another port"
        raise OperatorError(message) from error
    return listener
