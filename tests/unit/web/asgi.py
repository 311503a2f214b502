"""A request that goes straight into an application, without a socket."""

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message


class Answer:
    """What came back."""

    def __init__(self, messages: list[Message]) -> None:
        start, *rest = messages
        self.status: int = start["status"]
        self.headers = {
            name.decode().lower(): value.decode() for name, value in start["headers"]
        }
        self.text = b"".join(part.get("body", b"") for part in rest).decode()


def ask(
    app: ASGIApp,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    peer: str = "127.0.0.1",
) -> Answer:
    """Send one request and return the answer."""
    given = {"host": "127.0.0.1:8000", **(headers or {})}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": (peer, 40000),
        "server": ("127.0.0.1", 8000),
    }

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    return Answer(sent)
