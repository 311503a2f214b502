"""What interactive commands work with."""

from datetime import timedelta

import pytest

from config.settings import settings
from worker.cli.session import opened_runtime


@pytest.mark.usefixtures("sellersync")
def test_a_person_hears_within_20_seconds():
    """A call with all its attempts, its last one slow, is over by then."""
    with opened_runtime() as here:
        http = here.settings.http

    assert http.deadline + http.connect_timeout + http.read_timeout <= timedelta(
        seconds=20
    )


@pytest.mark.usefixtures("sellersync")
def test_who_configures_less_patience_gets_it(monkeypatch):
    """The limits only shorten."""
    monkeypatch.setenv("SELLERSYNC_HTTP__DEADLINE", "2s")
    settings.cache_clear()
    with opened_runtime() as here:
        deadline = here.settings.http.deadline

    assert deadline == timedelta(seconds=2)
