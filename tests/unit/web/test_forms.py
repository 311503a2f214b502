"""A form counts only if one of our own pages sent it."""

from urllib.parse import urlencode

import pytest
import time_machine
from cryptography.fernet import Fernet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.unit.web.asgi import ask
from worker.store.sealing import Sealer
from worker.web.forms import FIELD, Forms, NotOurForm


@pytest.fixture
def forms():
    """Return forms with a key of their own."""
    return Forms(Sealer((Fernet.generate_key().decode(),)))


def send(forms, fields, **headers):
    """Send a form; return the status, 403 for one that is not ours."""

    async def page(request: Request) -> Response:
        try:
            return JSONResponse(await forms.read(request))
        except NotOurForm:
            return PlainTextResponse("no", status_code=403)

    app = Starlette(routes=[Route("/", page, methods=["POST"])])
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(
        app, "/", method="POST", headers=named, body=urlencode(fields).encode()
    ).status


def test_our_own_form_is_read(forms):
    """With its token, from a browser that says where it comes from or says nothing."""
    fields = {FIELD: forms.token(), "app_id": "temu:eu:key"}

    assert send(forms, fields) == 200
    assert send(forms, fields, sec_fetch_site="same-origin") == 200
    assert send(forms, fields, origin="http://127.0.0.1:8000") == 200


def test_a_foreign_page_is_refused(forms):
    """Whatever token it has."""
    fields = {FIELD: forms.token()}

    assert send(forms, fields, sec_fetch_site="cross-site") == 403
    assert send(forms, fields, sec_fetch_site="same-site") == 403
    assert send(forms, fields, origin="https://evil.example") == 403


def test_a_missing_foreign_or_old_token_is_refused(forms):
    """The keys of another installation make no good token here."""
    stranger = Forms(Sealer((Fernet.generate_key().decode(),)))
    with time_machine.travel("2026-01-01T00:00:00Z"):
        old = forms.token()

    assert send(forms, {}) == 403
    assert send(forms, {FIELD: stranger.token()}) == 403
    assert send(forms, {FIELD: old}) == 403
    assert send(forms, {FIELD: forms.token(), "more": "x" * 20_000}) == 403
