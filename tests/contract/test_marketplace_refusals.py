"""Why a signature was refused: every marketplace finds each mistake that it knows."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from worker.domain.calls import Call, HttpRequest, Signing
from worker.domain.identity import App, Credentials
from worker.domain.marketplace import Marketplace
from worker.domain.refusals import Diagnosis

NOW = 1_763_819_130
AppOf = Callable[[Marketplace], App]


@pytest.fixture
def request_of(
    asked: tuple[Marketplace, Call], app_of: AppOf, credentials: Credentials
) -> HttpRequest:
    """A request as we send it."""
    marketplace, call = asked
    if call.signing is Signing.NONE:
        pytest.skip("this call is not signed")
    return marketplace.request(call, app_of(marketplace), credentials, now=NOW)


def diagnose(
    asked: tuple[Marketplace, Call],
    request: HttpRequest,
    app: App,
    *,
    now: int = NOW,
    **others: str,
) -> Diagnosis:
    """What the marketplace says."""
    return asked[0].diagnose(request, app.app_secret, now=now, other_secrets=others)


def test_our_own_requests_are_right(
    asked: tuple[Marketplace, Call], request_of: HttpRequest, app_of: AppOf
) -> None:
    """There is nothing to find in them."""
    found = diagnose(asked, request_of, app_of(asked[0]))

    assert found.is_right
    assert found.causes == ()
    assert found.remarks == ()


def test_only_its_own_requests_are_recognised(
    asked: tuple[Marketplace, Call], request_of: HttpRequest, app_of: AppOf
) -> None:
    """And the app that they name."""
    marketplace, _ = asked

    assert marketplace.recognises(request_of)
    assert marketplace.app_key_of(request_of) == app_of(marketplace).app_key


def test_the_secret_of_another_app_is_named(
    asked: tuple[Marketplace, Call], request_of: HttpRequest, app_of: AppOf
) -> None:
    """By the app that it belongs to."""
    app = app_of(asked[0])
    mine = replace(app, app_secret="something-else-entirely")
    found = diagnose(asked, request_of, mine, the_other=app.app_secret)

    assert not found.is_right
    assert [cause.name for cause in found.causes] == ["wrong_secret"]
    assert "the_other" in found.causes[0].what


def test_an_unknown_secret_is_no_known_mistake(
    asked: tuple[Marketplace, Call], request_of: HttpRequest, app_of: AppOf
) -> None:
    """Nothing is made up to explain it."""
    mine = replace(app_of(asked[0]), app_secret="something-else-entirely")
    found = diagnose(asked, request_of, mine)

    assert not found.is_right
    assert found.causes == ()


@pytest.mark.parametrize(
    ("late", "name"), [(86_400, "timestamp_old"), (-86_400, "timestamp_ahead")]
)
def test_a_clock_that_is_wrong_is_told(
    asked: tuple[Marketplace, Call],
    request_of: HttpRequest,
    app_of: AppOf,
    late: int,
    name: str,
) -> None:
    """Though the signature is right."""
    found = diagnose(asked, request_of, app_of(asked[0]), now=NOW + late)

    assert found.is_right
    assert [remark.name for remark in found.remarks] == [name]


def test_a_diagnosis_gives_nothing_away(
    asked: tuple[Marketplace, Call],
    request_of: HttpRequest,
    app_of: AppOf,
    secrets: frozenset[str],
) -> None:
    """It is made to be shown to somebody."""
    app = app_of(asked[0])
    mine = replace(app, app_secret="something-else-entirely")
    for found in (
        diagnose(asked, request_of, app),
        diagnose(asked, request_of, mine),
        diagnose(asked, request_of, mine, other=app.app_secret),
    ):
        shown = repr(found)

        assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize(
    "request_",
    [
        HttpRequest(method="", url="", headers={}, body=None),
        HttpRequest(method="GET", url="http://[", headers={}, body=b"\xff"),
        HttpRequest(
            method="GET", url="?&&==&%ff=%", headers={"": ""}, body=b"[" * 9999
        ),
        HttpRequest(method="POST", url="https://h/", headers={}, body=b'{"sign":[]}'),
    ],
    ids=["nothing", "no address", "rubbish", "a list for a sign"],
)
def test_rubbish_is_only_not_right(
    marketplace: Marketplace, request_: HttpRequest
) -> None:
    """Whatever somebody pastes."""
    found = marketplace.diagnose(request_, "secret", now=NOW, other_secrets={})

    assert not found.is_right
    assert found.remarks
