"""Serve the web face in this process until SIGINT or SIGTERM."""

import contextlib
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn
from typing_extensions import override

from config.exposure import refusal
from config.settings import Settings
from worker.domain.errors import OperatorError
from worker.runtime import build_runtime
from worker.web.app import build_app

log = structlog.get_logger(__name__)

# Requests that are being answered when the end comes; a seller's code is journaled.
_SHUTDOWN = 10  # seconds
_BACKLOG = 256


def serve(configured: Settings) -> None:
    """Serve until the end.

    Raises:
        OperatorError: the address cannot be used, or would be open to everybody; the
            database or a key is not usable.
    """
    web = configured.web
    if (reason := refusal(web)) is not None:
        raise OperatorError(reason)
    with _listen(web.host, web.port) as listener:
        here = build_runtime(configured)
        try:
            config = uvicorn.Config(
                build_app(here),
                ws="none",
                log_level="warning",
                log_config=None,
                # The addresses of callbacks hold codes.
                access_log=False,
                server_header=False,
                # Whom a request is from decides whether a proxy's word counts.
                proxy_headers=False,
                timeout_graceful_shutdown=_SHUTDOWN,
            )
            _Server(config, listener).run(sockets=[listener])
        finally:
            here.close()


class _Server(uvicorn.Server):
    """Says where it listens, and ends without raising the signal that ended it."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        host, port = listener.getsockname()[:2]
        self._url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        log.info("web_listens", url=self._url)

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal once more after its shutdown, but a server that
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
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise OperatorError(
            f"the web face cannot listen on {host}:{port} ({error.strerror or error}); "
            "set SELLERSYNC_WEB__PORT to a free port"
        ) from None
    return listener
