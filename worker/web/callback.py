"""`/authorize/{marketplace}/callback`: where a consent page sends a seller back to."""

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from worker.domain.errors import OperatorError, SellersyncError
from worker.domain.marketplace import Marketplace
from worker.marketplaces import marketplace
from worker.runtime import Runtime
from worker.tokens.callback import welcome_seller
from worker.web.outcomes import outcome_of
from worker.web.pages import page

log = structlog.get_logger(__name__)


def routes(here: Runtime) -> list[BaseRoute]:
    """Return the address."""

    def callback(request: Request) -> Response:
        found = _marketplace(request.path_params["marketplace"])
        try:
            connected = welcome_seller(
                here.desk,
                found,
                request.query_params,
                lifetime=here.settings.web.link_lifetime,
            )
        except SellersyncError as error:
            # Only here: the page must not tell what the operator's set-up lacks.
            log.warning(
                "seller_not_connected",
                marketplace=found.name,
                kind=type(error).__name__,
                reason=str(error),
            )
            return _failed(error, found)
        log.info(
            "seller_welcomed",
            marketplace=found.name,
            authorization_id=connected.authorization_id,
            shops=len(connected.shops),
        )
        return page("connected.html", marketplace=found.title, connected=connected)

    return [Route("/authorize/{marketplace}/callback", callback)]


def _marketplace(name: str) -> Marketplace:
    try:
        return marketplace(name)
    except OperatorError:
        raise HTTPException(404) from None


def _failed(error: SellersyncError, found: Marketplace) -> Response:
    outcome = outcome_of(error)
    shown = page(
        "not_connected.html",
        status=outcome.status,
        marketplace=found.title,
        outcome=outcome,
    )
    if outcome.retry_after is not None:
        shown.headers["Retry-After"] = str(outcome.retry_after)
    return shown
