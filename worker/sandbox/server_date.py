"""The Date header, from which clients learn the marketplaces' time."""

from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.sandbox.conditions import Conditions


class ServerDate:
    """Adds the Date header, from the marketplaces' clock, right or wrong."""

    def __init__(self, app: ASGIApp, conditions: Conditions) -> None:
        self._app = app
        self._conditions = conditions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and stamp its answer."""

        async def stamp(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._conditions.server_now(), usegmt=True)
                message["headers"].append((b"date", date.encode()))
            await send(message)

        await self._app(scope, receive, stamp)
