"""The web face listens only where somebody checks who comes."""

import pytest
from pydantic import ValidationError

from config.exposure import refusal
from config.settings import WebSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_on_this_machine_no_password_is_needed(host):
    """Nobody else gets there."""
    assert refusal(WebSettings(host=host)) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "web.example"])  # noqa: S104 -- it is refused
def test_elsewhere_a_password_or_a_proxy_is_needed(host):
    """The line says what to set; an empty variable is none."""
    refused = refusal(WebSettings.model_validate({"host": host, "password": " "}))

    assert refused is not None
    assert "SELLERSYNC_WEB__PASSWORD" in refused
    assert refusal(WebSettings.model_validate({"host": host, "password": "x"})) is None
    assert refusal(WebSettings(host=host, user_header="X-User")) is None


def test_a_network_that_is_none_is_refused():
    """Else nobody, or anybody, would be let in."""
    with pytest.raises(ValidationError):
        WebSettings(trusted_proxies="10.0.0.0/8, proxy")
