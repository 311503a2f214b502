"""The addresses to which marketplaces post: one per marketplace, `/webhooks/tiktok-shop`."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from worker.domain.notifications import Delivery
from worker.marketplaces import marketplaces
from worker.runtime.parts import Parts
from worker.web.webhooks.hints import Hints, send_hint
from worker.web.webhooks.postbox import Postbox
from worker.web.webhooks.receiver import Receiver, TooLarge, whole_body

Answer = Callable[[Request], Awaitable[Response]]


def receivers(
    here: Parts, *, hint: Callable[[], None] = send_hint
) -> dict[str, Receiver]:
    """Return a receiver for each marketplace; `hint` tells the workers of something new."""
    postbox = Postbox(here.database, on_new=Hints(hint).want)
    return {
        name: Receiver(
            marketplace,
            tuple(app for found, app in here.apps.apps if found.name == name),
            postbox,
        )
        for name, marketplace in marketplaces().items()
    }


def routes(receivers: Mapping[str, Receiver]) -> list[BaseRoute]:
    """Return the addresses."""
    return [
        Route(
            f"/webhooks/{name.replace('_', '-')}", _answer(receiver), methods=["POST"]
        )
        for name, receiver in receivers.items()
    ]


def _answer(receiver: Receiver) -> Answer:
    async def answer(request: Request) -> Response:
        try:
            body = await whole_body(
                request.stream(), request.headers.get("content-length")
            )
        except TooLarge:
            status = receiver.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            # What follows of it is not read.
            return Response(status_code=status, headers={"connection": "close"})
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        delivery = Delivery(headers=dict(request.headers), body=body)
        status = await receiver.take(delivery)
        return Response(b"{}", status_code=status, media_type="application/json")

    return answer
