"""From a POST to a kept notification; what it says is believed by nobody yet."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from http import HTTPStatus

import structlog

from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.domain.notifications import (
    Delivery,
    DeliveryForged,
    DeliveryUnreadable,
    Kind,
    Notification,
)
from worker.web.webhooks.postbox import Postbox, PostboxFull

log = structlog.get_logger(__name__)

# A genuine one has some hundred bytes.
LARGEST = 256 * 1024  # bytes
# Temu waits half a second, TikTok Shop does not say; both come again.
PATIENCE = 5.0  # seconds
# Whoever forges may do it a thousand times a second.
_TOLD_APART = 10.0  # seconds


class TooLarge(Exception):
    """A body is larger than any genuine one."""


class Receiver:
    """Takes the deliveries of one marketplace; counts what came of them."""

    def __init__(
        self, marketplace: Marketplace, apps: tuple[App, ...], postbox: Postbox
    ) -> None:
        self._marketplace = marketplace
        self._apps = apps
        self._postbox = postbox
        # By what they were answered: a metric may read it.
        self.answers: Counter[HTTPStatus] = Counter()
        self._told_at: dict[HTTPStatus, float] = {}

    async def take(self, delivery: Delivery) -> HTTPStatus:
        """Verify it, keep it, and return the answer."""
        found = self._read(delivery)
        if isinstance(found, HTTPStatus):
            return self.refuse(found)
        app, notification = found
        if notification.kind is not Kind.NOTHING and notification.shop_id:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._postbox.put(app, notification)
            except (PostboxFull, TimeoutError):
                return self.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        self.answers[HTTPStatus.OK] += 1
        return HTTPStatus.OK

    def refuse(self, status: HTTPStatus) -> HTTPStatus:
        """Count a refusal, and tell it now and then."""
        self.answers[status] += 1
        now = time.monotonic()
        told_at = self._told_at.get(status)
        if told_at is None or now - told_at >= _TOLD_APART:
            self._told_at[status] = now
            log.warning(
                "webhook_refused",
                marketplace=self._marketplace.name,
                status=status.value,
                reason=status.phrase,
                so_far=self.answers[status],
            )
        return status

    def _read(self, delivery: Delivery) -> tuple[App, Notification] | HTTPStatus:
        """Find the app whose secret signed it."""
        for app in self._apps:
            try:
                return app, self._marketplace.notification(delivery, app)
            except DeliveryForged:
                continue
            except DeliveryUnreadable:
                return HTTPStatus.BAD_REQUEST
        return HTTPStatus.UNAUTHORIZED


async def whole_body(chunks: AsyncIterator[bytes], declared: str | None) -> bytes:
    """Return a body, which is read no further than a genuine one could be long.

    Raises:
        TooLarge: it is longer.
    """
    if declared is not None and declared.isdigit() and int(declared) > LARGEST:
        raise TooLarge
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LARGEST:
            raise TooLarge
    return bytes(body)
