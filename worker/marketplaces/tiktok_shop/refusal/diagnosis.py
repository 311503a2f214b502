"""Why TikTok Shop refuses a request, as far as the request itself tells."""

from collections.abc import Iterator, Mapping

from worker.domain.calls import HttpRequest
from worker.domain.refusals import Cause, Diagnosis, retrace
from worker.marketplaces.tiktok_shop.refusal import (
    body,
    joining,
    parameters,
    path,
    wrapping,
)
from worker.marketplaces.tiktok_shop.refusal.recipe import Sent, right

_TOKEN_PATH = "/api/v2/token/"  # noqa: S105 -- a path
# The accepted timestamps around the server's time:
# https://partner.tiktokshop.com/docv2/page/common-errors
OLDEST, NEWEST = 300, 30
_MILLISECONDS = 10**11

MISTAKES = (
    *body.MISTAKES,
    *path.MISTAKES,
    *parameters.MISTAKES,
    *joining.MISTAKES,
    *wrapping.MISTAKES,
)


def recognises(request: HttpRequest) -> bool:
    """Tell whether a request is one for TikTok Shop, by its host or its path."""
    sent = Sent.of(request)
    return "tiktok" in sent.host or sent.is_api


def app_key(request: HttpRequest) -> str | None:
    """Return the app key that a request names."""
    return Sent.of(request).query.get("app_key")


def diagnose(
    request: HttpRequest,
    app_secret: str,
    *,
    now: int,
    other_secrets: Mapping[str, str],
) -> Diagnosis:
    """Look for the mistakes that lead to the signature of a request."""
    sent = Sent.of(request)
    recipe = right(sent, app_secret)
    signature, wanted = recipe.sign(), sent.query.get("sign", "")
    is_right = signature == wanted
    causes: tuple[Cause, ...] = ()
    if wanted and not is_right:
        causes = _other_app(sent, wanted, other_secrets) or retrace(
            recipe, MISTAKES, outcome=lambda tried: tried.sign(), wanted=wanted
        )
    return Diagnosis(
        is_right=is_right,
        causes=causes,
        remarks=tuple(_remarks(sent, request, now=now)),
        sign=signature,
    )


def _other_app(
    sent: Sent, wanted: str, other_secrets: Mapping[str, str]
) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            name="wrong_secret",
            what=f"it was made with the secret of another app, {app_id}",
            remedy="sign with the secret that belongs to the app_key of the request",
        )
        for app_id, secret in other_secrets.items()
        if right(sent, secret).sign() == wanted
    )


def _remarks(sent: Sent, request: HttpRequest, *, now: int) -> Iterator[Cause]:
    if sent.path.startswith(_TOKEN_PATH):
        yield Cause(
            name="unsigned_endpoint",
            what="calls of the token host are not signed at all",
            remedy="send GET with app_key, app_secret and the code or refresh token",
        )
        return
    if not sent.query.get("sign"):
        yield Cause(
            name="sign_missing",
            what="there is no sign in the query",
            remedy="add it; a shell cuts an address at & unless it is in quotes",
        )
    if not sent.query.get("app_key"):
        yield Cause(
            name="app_key_missing",
            what="there is no app_key in the query",
            remedy="send the app key; it is answered by 36009004, 'Invalid app_key'",
        )
    twice = {
        name for name, _ in sent.pairs if sum(n == name for n, _ in sent.pairs) > 1
    }
    if twice:
        yield Cause(
            name="parameter_twice",
            what=f"the query has {', '.join(sorted(twice))} more than once",
            remedy="send each parameter once; nobody documents which of them counts",
        )
    if request.method == "GET" and sent.body:
        yield Cause(
            name="get_with_body",
            what="a GET carries a body",
            remedy="send it with POST, or send no body and sign none",
        )
    yield from _clock(sent.query.get("timestamp", ""), now)


def _clock(timestamp: str, now: int) -> Iterator[Cause]:
    if not timestamp.isascii() or not timestamp.isdigit():
        yield Cause(
            name="timestamp_form",
            what="the timestamp is no whole number of seconds"
            if timestamp
            else "there is no timestamp in the query",
            remedy="send the Unix time in whole seconds, ten digits",
        )
        return
    if int(timestamp) > _MILLISECONDS:
        yield Cause(
            name="timestamp_form",
            what="the timestamp is in milliseconds",
            remedy="send the Unix time in whole seconds, ten digits",
        )
        return
    age = now - int(timestamp)
    if age > OLDEST:
        yield Cause(
            name="timestamp_old",
            what=f"the timestamp is {age} s old by this machine's clock, more than the "
            f"{OLDEST} s that are accepted",
            remedy="sign just before sending; if it was fresh when it was sent, set "
            "the sender's clock (NTP)",
        )
    if age < -NEWEST:
        yield Cause(
            name="timestamp_ahead",
            what=f"the timestamp is {-age} s ahead of this machine's clock, more than "
            f"the {NEWEST} s that are accepted",
            remedy="set the sender's clock (NTP) or this machine's",
        )
