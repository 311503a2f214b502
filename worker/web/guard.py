"""Who may see what: operators' pages need a sign-in, sellers' and machines' pages do not."""

import base64
import binascii
import re
from ipaddress import ip_address
from secrets import compare_digest

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from config.exposure import is_local, parse_networks
from config.settings import WebSettings

# A seller has no password of ours; a marketplace proves itself by its signature.
_OPEN = frozenset({"/healthz", "/readyz"})
_OPEN_BELOW = ("/authorize/", "/webhooks/", "/static/")

_SIGN_IN = PlainTextResponse(
    "Sign in with the password of SELLERSYNC_WEB__PASSWORD; any user name will do.\n",
    status_code=401,
    headers={"WWW-Authenticate": 'Basic realm="sellersync", charset="UTF-8"'},
)
_NOT_FROM_PROXY = PlainTextResponse(
    "This page is for people whom the reverse proxy has signed in.\n", status_code=403
)
# A page of somebody else may point its own name at this machine ("DNS rebinding"); the
# browser then asks us with that name.
_FOREIGN_NAME = PlainTextResponse(
    "Without SELLERSYNC_WEB__PASSWORD this page is only for this machine, as 127.0.0.1 or "
    "localhost.\n",
    status_code=403,
)


# At the end of a host's name.
_PORT = re.compile(r":\d*$")


class Guard:
    """Stands before all pages."""

    def __init__(self, app: ASGIApp, *, web: WebSettings) -> None:
        self._app = app
        password = web.password
        self._password = password.get_secret_value().encode() if password else None
        self._user_header = web.user_header
        self._proxies = parse_networks(web.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer it with a refusal."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if path in _OPEN or path.startswith(_OPEN_BELOW):
            return None
        headers = Headers(scope=scope)
        if self._user_header is not None and self._is_signed_in(scope, headers):
            return None
        if self._password is not None:
            given = _basic_password(headers.get("authorization", ""))
            # As bytes: text is only compared in constant time if it is ASCII.
            known = given is not None and compare_digest(given, self._password)
            return None if known else _SIGN_IN
        if self._user_header is not None:
            return _NOT_FROM_PROXY
        name = _PORT.sub("", headers.get("host", ""))
        return None if is_local(name) else _FOREIGN_NAME

    def _is_signed_in(self, scope: Scope, headers: Headers) -> bool:
        """Whether a proxy that we trust names a user."""
        if not headers.get(self._user_header or "", "").strip():
            return False
        peer = scope.get("client")
        if peer is None:
            return False
        try:
            address = ip_address(peer[0])
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def _basic_password(header: str) -> bytes | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
    except binascii.Error:
        return None
    return password if colon else None
