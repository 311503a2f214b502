"""Why Temu refuses a request, as far as the request itself tells."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, parse_qsl, urlsplit

from worker.domain.calls import HttpRequest
from worker.domain.refusals import Cause, Diagnosis, retrace
from worker.marketplaces.temu.refusal import joining, parameters, values, wrapping
from worker.marketplaces.temu.refusal.recipe import right

# Seconds around the server's time.
TOLERANCE = 300
_MILLISECONDS = 10**11

MISTAKES = (
    *parameters.MISTAKES,
    *values.MISTAKES,
    *joining.MISTAKES,
    *wrapping.MISTAKES,
)


def recognises(request: HttpRequest) -> bool:
    """Tell whether a request is one for Temu, by its address or its body."""
    url = _address(request)
    is_router = url.path.endswith("/openapi/router")
    return (
        "temu" in url.netloc or is_router or {"type", "app_key"} <= set(_body(request))
    )


def app_key(request: HttpRequest) -> str | None:
    """Return the app key that a request names."""
    found = _body(request).get("app_key")
    return found if isinstance(found, str) else None


def diagnose(
    request: HttpRequest,
    app_secret: str,
    *,
    now: int,
    other_secrets: Mapping[str, str],
) -> Diagnosis:
    """Look for the mistakes that lead to the signature of a request."""
    params = _body(request)
    recipe = right(params, app_secret)
    signature, wanted = recipe.sign(), recipe.sent_sign
    is_right = signature == wanted
    causes: tuple[Cause, ...] = ()
    if wanted and not is_right:
        causes = _other_app(params, wanted, other_secrets) or retrace(
            recipe, MISTAKES, outcome=lambda tried: tried.sign(), wanted=wanted
        )
    return Diagnosis(
        is_right=is_right,
        causes=causes,
        remarks=tuple(_remarks(request, params, now=now)),
        sign=signature,
    )


def _address(request: HttpRequest) -> SplitResult:
    try:
        return urlsplit(request.url)
    except ValueError:  # an address that is none
        return SplitResult("", "", "", "", "")


def _body(request: HttpRequest) -> dict[str, object]:
    """Return the body with Python's own parser: it keeps whole numbers of any size."""
    try:
        found = json.loads(request.body or b"")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _other_app(
    params: Mapping[str, object], wanted: str, other_secrets: Mapping[str, str]
) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            name="wrong_secret",
            what=f"it was made with the secret of another app or zone, {app_id}",
            remedy="sign with the secret that belongs to the app_key of the request",
        )
        for app_id, secret in other_secrets.items()
        if right(params, secret).sign() == wanted
    )


def _remarks(
    request: HttpRequest, params: Mapping[str, object], *, now: int
) -> Iterator[Cause]:
    if not params:
        yield Cause(
            name="body_missing",
            what="there is no JSON object in the body, and Temu signs the body"
            if not request.body
            else "the body is no JSON object",
            remedy="paste the whole curl command, or the body alone",
        )
        return
    yield from _members(request, params)
    yield from _clock(params.get("timestamp"), now)


def _members(request: HttpRequest, params: Mapping[str, object]) -> Iterator[Cause]:
    if _signatures(request) > 1:
        yield Cause(
            name="sign_twice",
            what="the body has sign more than once, and Temu may take the first",
            remedy="replace the sign of the attempt before",
        )
    for name in ("sign", "app_key", "type", "data_type", "access_token"):
        if not params.get(name):
            yield Cause(
                name=f"{name}_missing",
                what=f"there is no {name} in the body",
                remedy="send all common parameters in the body, beside the business ones",
            )
    if "app_secret" in {*dict(parse_qsl(_address(request).query)), *params}:
        yield Cause(
            name="app_secret_sent",
            what="the request carries the app secret",
            remedy="take it out; it is not needed, and addresses are logged",
        )
    if any(isinstance(value, float) for value in _every(params)):
        yield Cause(
            name="fraction",
            what="the body has a number with a fraction, which everybody writes "
            "differently",
            remedy="send amounts as texts, like '12.30'",
        )
    if any(value is None or value == "" for value in params.values()):
        yield Cause(
            name="empty_sent",
            what="the body has nulls or empty texts, and nobody documents how they sign",
            remedy="leave them out",
        )


def _every(value: object) -> Iterator[object]:
    yield value
    inner = (
        value.values()
        if isinstance(value, Mapping)
        else value
        if isinstance(value, list)
        else ()
    )
    for each in inner:
        yield from _every(each)


def _signatures(request: HttpRequest) -> int:
    """Count the members called sign at the top level: a later one hides an earlier one."""
    counts: list[int] = []

    def count(pairs: list[tuple[str, object]]) -> dict[str, object]:
        counts.append(sum(name == "sign" for name, _ in pairs))
        return dict(pairs)

    try:
        json.loads(request.body or b"", object_pairs_hook=count)
    except (ValueError, RecursionError):
        return 0
    # The outermost object is finished last.
    return counts[-1] if counts else 0


def _clock(timestamp: object, now: int) -> Iterator[Cause]:
    sent = "" if timestamp is None else str(timestamp)
    if not sent.isascii() or not sent.isdigit() or int(sent) > _MILLISECONDS:
        yield Cause(
            name="timestamp_form",
            what="the timestamp is in milliseconds"
            if sent.isdigit()
            else "the timestamp is no whole number of seconds"
            if sent
            else "there is no timestamp in the body",
            remedy="send the Unix time in whole seconds, ten digits",
        )
        return
    age = now - int(sent)
    if abs(age) > TOLERANCE:
        where = "old" if age > 0 else "ahead"
        yield Cause(
            name=f"timestamp_{where}",
            what=f"the timestamp is {abs(age)} s {where} by this machine's clock, more "
            f"than the {TOLERANCE} s that are accepted",
            remedy="sign just before sending; if it was fresh when it was sent, set "
            "the sender's clock (NTP)",
        )
