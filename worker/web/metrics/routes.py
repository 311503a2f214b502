"""The address that Prometheus asks, guarded like the operators' pages."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from worker.runtime import Runtime
from worker.web.metrics.collector import InstallationCollector
from worker.web.webhooks.receiver import Receiver


def routes(here: Runtime, receivers: Mapping[str, Receiver]) -> list[BaseRoute]:
    """Return the address."""
    # Of its own: the library's default one adds numbers of this process alone.
    registry = CollectorRegistry()
    registry.register(InstallationCollector(here, receivers))

    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=content_type)

    return [Route("/metrics", metrics)]
