"""Operators' pages need a sign-in; what sellers and machines need does not."""

import base64

import pytest
from starlette.responses import PlainTextResponse

from config.settings import WebSettings
from tests.unit.web.asgi import ask
from worker.web.guard import Guard

OPEN = ("/healthz", "/readyz", "/authorize/temu/callback", "/webhooks/temu")
CLOSED = ("/", "/metrics", "/connect", "/healthz/x", "/authorize", "/api/budget")


def guarded(**settings):
    """Return a page behind a guard with these settings."""
    web = WebSettings.model_validate(settings)
    return Guard(PlainTextResponse("let in"), web=web)


def basic(password, user="anybody"):
    """Return the header of a browser that signs in."""
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {encoded}"}


@pytest.mark.parametrize("path", OPEN)
def test_sellers_and_machines_need_no_password(path):
    """They prove themselves otherwise, or learn nothing."""
    app = guarded(password="secret")
    foreign = ask(app, path, headers={"host": "shop.example"}, peer="203.0.113.9")

    assert foreign.status == 200


@pytest.mark.parametrize("path", CLOSED)
def test_operators_pages_ask_for_the_password(path):
    """With any user name; umlauts are no trouble."""
    app = guarded(password="sécret")

    assert ask(app, path).status == 401
    assert ask(app, path).headers["www-authenticate"].startswith("Basic ")
    assert ask(app, path, headers=basic("wrong")).status == 401
    assert ask(app, path, headers=basic("sécret")).status == 200


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!", "Basic c2VjcmV0", "Bearer secret", "secret"]
)
def test_a_header_that_is_no_sign_in_is_refused(header):
    """Also one that holds the password without a colon before it."""
    answer = ask(guarded(password="secret"), "/", headers={"authorization": header})

    assert answer.status == 401


def test_without_a_password_only_this_machines_names_are_answered():
    """A foreign page that points its name at 127.0.0.1 learns nothing."""
    app = guarded()
    status = {
        host: ask(app, "/", headers={"host": host}).status
        for host in (
            "127.0.0.1:8000",
            "localhost",
            "[::1]:8000",
            "evil.example",
            "[",
            "",
        )
    }

    assert status == {
        "127.0.0.1:8000": 200,
        "localhost": 200,
        "[::1]:8000": 200,
        "evil.example": 403,
        "[": 403,
        "": 403,
    }


def test_a_trusted_proxy_names_the_user():
    """The header counts only from where the proxy is, and only with a name in it."""
    app = guarded(user_header="X-Forwarded-User", trusted_proxies="10.1.0.0/16, ::1")
    named = {"x-forwarded-user": "ann"}

    assert ask(app, "/", headers=named, peer="10.1.2.3").status == 200
    assert ask(app, "/", headers=named, peer="::1").status == 200
    assert ask(app, "/", headers=named, peer="10.2.0.1").status == 403
    assert ask(app, "/", headers={"x-forwarded-user": " "}, peer="::1").status == 403
    assert ask(app, "/", peer="10.1.2.3").status == 403


def test_password_and_proxy_together_are_two_ways_in():
    """Monitoring comes with the password, people by the proxy."""
    app = guarded(user_header="X-User", password="secret")

    assert ask(app, "/metrics", headers=basic("secret")).status == 200
    assert ask(app, "/", headers={"x-user": "ann"}).status == 200
    assert ask(app, "/", headers={"x-user": "ann"}, peer="10.2.0.1").status == 401
