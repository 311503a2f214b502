"""Every request of every marketplace: the same each time, signed, and discreet."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from worker.domain.calls import Call, HttpRequest, Signing
from worker.domain.identity import App, Credentials
from worker.domain.marketplace import Marketplace

NOW = 1_763_819_130
AppOf = Callable[[Marketplace], App]
Asked = tuple[Marketplace, Call]


def parts(request: HttpRequest) -> dict[tuple[str, str], object]:
    """Everything that goes over the wire, by where it is."""
    url = urlsplit(request.url)
    found: dict[tuple[str, str], object] = {("url", "path"): url.path}
    found |= {("query", name): value for name, value in parse_qsl(url.query)}
    found |= {("header", name): value for name, value in request.headers.items()}
    if request.body is not None:
        found |= {
            ("body", name): value
            for name, value in dict(orjson.loads(request.body)).items()
        }
    return found


def differences(one: HttpRequest, other: HttpRequest) -> set[tuple[str, str]]:
    """Where two requests differ."""
    here, there = parts(one), parts(other)
    return {
        name for name in here.keys() | there.keys() if here.get(name) != there.get(name)
    }


def changed(value: object) -> object:
    """Something else of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None or isinstance(value, str):
        return f"{value or ''}0"
    if isinstance(value, list | tuple):
        return [*value, "0"]
    if isinstance(value, Mapping):
        return {**value, "changed": "0"}
    raise AssertionError(value)


def only_signed(asked: Asked) -> Asked:
    """Skip the calls that carry the secret itself."""
    if asked[1].signing is Signing.NONE:
        pytest.skip("this call is not signed")
    return asked


def test_a_request_is_the_same_each_time(
    asked: Asked, app_of: AppOf, credentials: Credentials
) -> None:
    """Nothing but the arguments goes into it."""
    marketplace, call = asked
    app = app_of(marketplace)
    once = marketplace.request(call, app, credentials, now=NOW)
    again = marketplace.request(call, app, credentials, now=NOW)

    assert once == again


def test_building_a_request_changes_nothing(
    asked: Asked, app_of: AppOf, credentials: Credentials
) -> None:
    """A retry builds it from the same call again."""
    marketplace, call = asked
    before = deepcopy(call)
    marketplace.request(call, app_of(marketplace), credentials, now=NOW)

    assert before == call


def test_a_request_goes_to_the_apps_own_hosts(
    asked: Asked, app_of: AppOf, credentials: Credentials
) -> None:
    """Tests, sandboxes and proxies depend on it."""
    marketplace, call = asked
    request = marketplace.request(call, app_of(marketplace), credentials, now=NOW)

    assert request.url.startswith(
        ("https://api.example/entrance", "https://auth.example/")
    )
    assert request.method in {"GET", "POST"}
    assert request.method == "POST" or request.body is None


def test_a_token_that_is_used_up_is_not_sent_twice(marketplace: Marketplace) -> None:
    """A single-use code is gone after the first time, whatever came back."""
    call = next(marketplace.exchange(), None)

    assert call is None or not call.repeatable


def test_secrets_are_in_no_repr(
    asked: Asked,
    app_of: AppOf,
    credentials: Credentials,
    secrets: frozenset[str],
) -> None:
    """Calls and requests may be logged by accident."""
    marketplace, call = asked
    app = app_of(marketplace)
    request = marketplace.request(call, app, credentials, now=NOW)
    shown = f"{call!r} {request!r} {app!r} {credentials!r}"

    assert not [secret for secret in secrets if secret in shown]


def test_a_call_holds_no_secret(asked: Asked, secrets: frozenset[str]) -> None:
    """What is asked is known before the keys are."""
    _, call = asked
    held = f"{call.endpoint} {dict(call.query)} {call.body}"

    assert not [secret for secret in secrets if secret in held]


def test_time_is_signed(asked: Asked, app_of: AppOf, credentials: Credentials) -> None:
    """Two moments differ in the time itself and in the signature."""
    marketplace, call = only_signed(asked)
    app = app_of(marketplace)
    early = marketplace.request(call, app, credentials, now=NOW)
    late = marketplace.request(call, app, credentials, now=NOW + 1)

    assert len(differences(early, late)) >= 2


def test_the_secret_shows_in_the_signature_only(
    asked: Asked, app_of: AppOf, credentials: Credentials, secrets: frozenset[str]
) -> None:
    """Another secret changes one thing, and is nowhere to be read."""
    marketplace, call = only_signed(asked)
    app = app_of(marketplace)
    ours = marketplace.request(call, app, credentials, now=NOW)
    other = marketplace.request(
        call, replace(app, app_secret="another"), credentials, now=NOW
    )

    assert len(differences(ours, other)) == 1
    assert app.app_secret in secrets
    assert app.app_secret not in f"{ours.url} {ours.headers} {ours.body!r}"


def test_the_app_key_is_signed(
    asked: Asked, app_of: AppOf, credentials: Credentials
) -> None:
    """The key itself and the signature."""
    marketplace, call = only_signed(asked)
    app = app_of(marketplace)
    ours = marketplace.request(call, app, credentials, now=NOW)
    other = marketplace.request(
        call, replace(app, app_key="another"), credentials, now=NOW
    )

    assert len(differences(ours, other)) >= 2


def test_the_endpoint_is_signed(
    asked: Asked, app_of: AppOf, credentials: Credentials
) -> None:
    """A signature is good for one endpoint."""
    marketplace, call = only_signed(asked)
    app = app_of(marketplace)
    ours = marketplace.request(call, app, credentials, now=NOW)
    other = marketplace.request(
        replace(call, endpoint=call.endpoint + "0"), app, credentials, now=NOW
    )

    assert len(differences(ours, other)) >= 2


def test_every_parameter_is_signed(
    asked: Asked, app_of: AppOf, credentials: Credentials
) -> None:
    """Each changed value shows where it is, and in the signature."""
    marketplace, call = only_signed(asked)
    app = app_of(marketplace)
    ours = marketplace.request(call, app, credentials, now=NOW)
    variants = [
        replace(call, query={**call.query, name: value + "0"})
        for name, value in call.query.items()
    ] + [
        replace(call, body={**(call.body or {}), name: changed(value)})
        for name, value in (call.body or {}).items()
    ]

    for variant in variants:
        other = marketplace.request(variant, app, credentials, now=NOW)
        assert len(differences(ours, other)) >= 2, variant
