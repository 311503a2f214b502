"""Forms that only our own pages can send."""

from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request

from worker.store.sealing import Sealer

_PURPOSE = "sellersync: the token of a form"
# A page may stay open for a working day.
_GOOD_FOR = 12 * 3600  # seconds
_LARGEST = 10_000  # bytes
# The field that carries the token.
FIELD = "form_token"


class NotOurForm(Exception):
    """The form came from another page, is too old, or is no form."""


class Forms:
    """Gives tokens to our pages, and reads what comes back with one."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def token(self) -> str:
        """Return the token for a page that is being made."""
        return self._signer().dumps("form")

    async def read(self, request: Request) -> dict[str, str]:
        """Return the fields of a form.

        Raises:
            NotOurForm: nothing of it may be acted on.
        """
        if not _from_our_page(request):
            raise NotOurForm
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _LARGEST:
                raise NotOurForm
        try:
            fields = dict(parse_qsl(body.decode()))
            self._signer().loads(fields.get(FIELD, ""), max_age=_GOOD_FOR)
        except (UnicodeDecodeError, BadData):
            raise NotOurForm from None
        return fields

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._sealer.derived(_PURPOSE),
            salt=b"form",
            signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
        )


def _from_our_page(request: Request) -> bool:
    """Whether the browser says so; one that says nothing is only asked for the token.

    https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
