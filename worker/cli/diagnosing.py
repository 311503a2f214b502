"""Why a pasted request was refused: find the marketplace, look, and say it."""

import os
import time
from pathlib import Path

from worker.cli.pasted import pasted_request
from worker.cli.printing import print_document, say
from worker.cli.secrecy import secret
from worker.domain.calls import HttpRequest
from worker.domain.errors import OperatorError
from worker.domain.marketplace import Marketplace
from worker.domain.refusals import Cause, Diagnosis
from worker.marketplaces import marketplace, marketplaces
from worker.marketplaces.configured import ConfiguredApps

_UNEXPLAINED = Cause(
    name="wrong_secret",
    what="nothing that is known to go wrong leads to its signature with this app secret: "
    "it was made with another secret, or of another request than the one pasted",
    remedy="compare the secret with the one that the developer portal shows for this "
    "app_key, and paste the request as it went over the wire",
)
_UNEXPLAINED_ADDRESS = Cause(
    name="wrong_secret",
    what=_UNEXPLAINED.what,
    remedy=f"paste the whole curl command, if there is a body; {_UNEXPLAINED.remedy}",
)


def explain_error(
    pasted: str, *, app_secret: str | None, name: str | None, json: bool
) -> None:
    """Say why the signature of what was pasted is refused.

    Raises:
        OperatorError: it is no request, or of no marketplace we know, or there is no secret.
    """
    request = pasted_request(_text(pasted), _file)
    of = marketplace(name) if name else _recognised(request)
    apps = {
        app.app_id: app
        for configured, app in ConfiguredApps.from_settings().apps
        if configured.name == of.name
    }
    own = [app for app in apps.values() if app.app_key == of.app_key_of(request)]
    if app_secret is not None:
        key = secret(app_secret, name="app secret")
    elif own:
        key = own[0].app_secret
    else:
        raise OperatorError(
            "the app of this request is not configured: give its secret "
            "(--app-secret -, and pipe it in)"
        )
    diagnosis = of.diagnose(
        request,
        key,
        now=int(time.time()),
        other_secrets={
            app_id: app.app_secret
            for app_id, app in apps.items()
            if app.app_secret != key
        },
    )
    causes = causes_of(diagnosis, request)
    if json:
        print_document(_document(of, diagnosis, causes))
    else:
        _tell(of, diagnosis, causes)


def _recognised(request: HttpRequest) -> Marketplace:
    for found in marketplaces().values():
        if found.recognises(request):
            return found
    known = ", ".join(sorted(marketplaces()))
    raise OperatorError(
        f"it is not clear which marketplace this is for; say --marketplace ({known})"
    )


def causes_of(diagnosis: Diagnosis, request: HttpRequest) -> tuple[Cause, ...]:
    """Return the causes, and where nothing explains the signature, what that means."""
    unsigned = any(
        remark.name in {"sign_missing", "body_missing", "unsigned_endpoint"}
        for remark in diagnosis.remarks
    )
    if diagnosis.is_right or diagnosis.causes or unsigned:
        return diagnosis.causes
    # An address alone does not tell whether something was sent with it.
    return (_UNEXPLAINED,) if request.method else (_UNEXPLAINED_ADDRESS,)


def _tell(of: Marketplace, diagnosis: Diagnosis, causes: tuple[Cause, ...]) -> None:
    if diagnosis.is_right:
        say(f"The signature is right for {of.name} and this app secret.")
    if causes:
        what = ", and ".join(cause.what for cause in causes)
        remedies = "; ".join(dict.fromkeys(cause.remedy for cause in causes))
        say(f"The signature is refused because {what}: {remedies}.")
    for remark in diagnosis.remarks:
        say(
            f"{'Still' if diagnosis.is_right else 'Also'}, {remark.what}: {remark.remedy}."
        )
    if not diagnosis.is_right:
        say(f"sign: {diagnosis.sign}")


def _document(
    of: Marketplace, diagnosis: Diagnosis, causes: tuple[Cause, ...]
) -> dict[str, object]:
    return {
        "marketplace": of.name,
        "right": diagnosis.is_right,
        "causes": [_plain(cause) for cause in causes],
        "remarks": [_plain(remark) for remark in diagnosis.remarks],
        "sign": diagnosis.sign,
    }


def _plain(cause: Cause) -> dict[str, str]:
    return {"name": cause.name, "what": cause.what, "remedy": cause.remedy}


def _text(pasted: str) -> str:
    return _file(pasted[1:]).decode(errors="replace") if pasted[:1] == "@" else pasted


def _file(name: str) -> bytes:
    try:
        return Path(os.path.expanduser(name)).read_bytes()  # noqa: PTH111 -- a name of a user that is not there stays as it is
    except OSError as error:
        raise OperatorError(f"{name} cannot be read: {error.strerror}") from None
