"""`/connect`: an operator makes the link that a seller opens."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from worker.domain.errors import OperatorError
from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.runtime import Runtime
from worker.store.database import database_now
from worker.tokens.links import make_state
from worker.web.forms import FIELD, Forms, NotOurForm
from worker.web.pages import page


def routes(here: Runtime) -> list[BaseRoute]:
    """Return the page and what its form does."""
    forms = Forms(here.desk.sealer)

    def choose(request: Request) -> Response:
        return page(
            "connect.html",
            section="connect",
            apps=[_shown(found, app, here, request) for found, app in here.apps.apps],
            field=FIELD,
            form_token=forms.token(),
        )

    async def make(request: Request) -> Response:
        try:
            fields = await forms.read(request)
        except NotOurForm:
            return page("form_refused.html", section="connect", status=403)
        return await run_in_threadpool(_make_link, here, fields.get("app_id", ""))

    return [
        Route("/connect", choose, methods=["GET"]),
        Route("/connect", make, methods=["POST"]),
    ]


def _make_link(here: Runtime, app_id: str) -> Response:
    """Make a link; a POST only because each one is for one seller."""
    problem, link, title, zone = None, "", "", ""
    try:
        found, app = here.apps.find(app_id)
        title, zone = found.title, _zone(found, app)
        with here.database.read() as connection:
            now = database_now(connection)
        link = found.authorize_url(
            app, state=make_state(here.desk.sealer, app, now=now)
        )
    except OperatorError as error:
        problem = str(error)
    return page(
        "link.html",
        section="connect",
        status=200 if problem is None else 409,
        problem=problem,
        link=link,
        title=title,
        zone=zone,
        lifetime=here.settings.web.link_lifetime,
    )


def _shown(
    found: Marketplace, app: App, here: Runtime, request: Request
) -> dict[str, str]:
    path = f"authorize/{found.name.replace('_', '-')}/callback"
    base = here.settings.web.public_url or str(request.base_url)
    return {
        "app_id": app.app_id,
        "app_key": app.app_key,
        "title": found.title,
        "zone": _zone(found, app),
        "callback": f"{base.rstrip('/')}/{path}",
    }


def _zone(found: Marketplace, app: App) -> str:
    return app.zone if len(found.zones) > 1 else ""
