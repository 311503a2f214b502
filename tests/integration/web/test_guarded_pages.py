"""The web face as it is served: what is not meant for everybody is behind the guard."""

import pytest
from starlette.routing import Route

from worker.web.app import routes
from worker.web.budget import BudgetHistory

pytestmark = pytest.mark.integration

PASSWORD = "sécret"
# For sellers' browsers, marketplaces and probes.
OPEN = {
    "/healthz",
    "/readyz",
    "/authorize/{marketplace}/callback",
    "/webhooks/temu",
    "/webhooks/tiktok-shop",
}


@pytest.fixture(scope="module")
def guarded(new_web_face):
    """Return a web face with a password."""
    return new_web_face(WEB__PASSWORD=PASSWORD)


def addresses(web):
    """Return every address that there is, also those that are added later."""
    found = routes(web.here, BudgetHistory(web.here))
    return {route.path for route in found if isinstance(route, Route)}


def test_every_page_but_the_open_ones_asks_for_the_password(guarded):
    """A new page is guarded unless it is named here."""
    pages = addresses(guarded) - OPEN
    refused = {path: guarded.get(path).status_code for path in pages}

    assert {"/", "/connect", "/metrics", "/api/budget"} <= pages
    assert refused == dict.fromkeys(pages, 401)
    assert addresses(guarded) >= OPEN


def test_whoever_knows_it_is_let_in(guarded):
    """As people are, and as Prometheus is."""
    auth = ("anybody", PASSWORD.encode())
    answers = {
        path: guarded.http.get(f"{guarded.url}{path}", auth=auth, timeout=30)
        for path in ("/", "/connect", "/metrics")
    }

    assert {path: answer.status_code for path, answer in answers.items()} == (
        dict.fromkeys(answers, 200)
    )


def test_without_a_password_a_foreign_name_is_refused(web):
    """A page elsewhere that points its own name at this machine reads nothing."""
    foreign = {"Host": "evil.example"}
    pages = addresses(web) - OPEN
    refused = {
        path: web.http.get(f"{web.url}{path}", headers=foreign, timeout=30).status_code
        for path in pages
    }

    assert refused == dict.fromkeys(pages, 403)
