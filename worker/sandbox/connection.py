"""The server's side of a connection: notes when a request arrived, and can hang up."""

import time
from asyncio import Transport

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

ARRIVED, ABORT = "arrived", "abort"


class Connection(H11Protocol):
    """Tells each request when its first bytes were read, and how to end the connection.

    uvicorn copies `app_state` into `scope["state"]` of every request.
    """

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn
        self.app_state = {**self.app_state, ABORT: transport.abort}
        super().connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        # Work on other requests must not make a call look later than it was.
        self.app_state[ARRIVED] = time.monotonic()
        super().data_received(data)


class NoAnswer(Response):
    """Closes the connection without a byte of an answer."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"][ABORT]()
        # The request was read to its end, so this waits for the end of the connection;
        # before that, uvicorn would answer with status 500.
        await receive()
