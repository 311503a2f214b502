"""Deliveries of marketplaces to this process, by what they were answered."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from prometheus_client.core import Metric

from worker.web.metrics.families import counter
from worker.web.webhooks.receiver import Receiver

# Told even if there was none, so that the first one is seen as a growth.
_ALWAYS = (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE)


def webhook_families(receivers: Mapping[str, Receiver]) -> Iterator[Metric]:
    """Return what is known of deliveries."""
    yield counter(
        "sellersync_webhook_deliveries",
        "Deliveries of marketplaces to this process, by the status they were answered with.",
        ("marketplace", "status"),
        (
            ((name, str(status.value)), receiver.answers[status])
            for name, receiver in receivers.items()
            for status in dict.fromkeys([*_ALWAYS, *receiver.answers])
        ),
    )
