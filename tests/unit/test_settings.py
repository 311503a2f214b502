"""Settings come from the environment, and say clearly what is wrong with them."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from config.embedded import database_url, redis_url, socket_path
from config.settings import Settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    """No variables and no .env of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "DATABASE_URL", "REDIS_URL", "ENCRYPTION_KEYS"):
        monkeypatch.delenv(f"SELLERSYNC_{name}", raising=False)


def test_nested_names_are_split_at_two_underscores(monkeypatch):
    """`SELLERSYNC_ORDERS__EVERY` is the `every` of `orders`."""
    monkeypatch.setenv("SELLERSYNC_ORDERS__EVERY", "90s")
    monkeypatch.setenv("SELLERSYNC_PRODUCTS__HISTORY", "P30D")

    settings = Settings()
    assert settings.orders.every == timedelta(seconds=90)
    assert settings.products.history == timedelta(days=30)


def test_defaults_are_those_of_the_contract():
    """Orders every 5 minutes for 90 days, products hourly from the beginning."""
    settings = Settings()

    assert settings.orders.every == timedelta(minutes=5)
    assert settings.orders.history == timedelta(days=90)
    assert settings.products.every == timedelta(hours=1)
    assert settings.products.history == "all"
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8000)


def test_a_dotenv_file_is_read(tmp_path):
    """The same names, in `.env` of the working directory."""
    (tmp_path / ".env").write_text("SELLERSYNC_WEB__PORT=9001\n")

    assert Settings().web.port == 9001


def test_a_wrong_value_is_refused_without_being_shown(monkeypatch):
    """The error names the place, never what was written there."""
    monkeypatch.setenv("SELLERSYNC_ORDERS__EVERY", "canary-value")

    with pytest.raises(ValidationError) as caught:
        Settings()
    (error,) = caught.value.errors(include_input=False)
    assert error["loc"] == ("orders", "every")


def test_secrets_do_not_show_in_the_repr(monkeypatch):
    """URLs hold passwords, so they are secret too."""
    monkeypatch.setenv("SELLERSYNC_DATABASE_URL", "postgresql://u:mandrake@h/x")
    monkeypatch.setenv("SELLERSYNC_ENCRYPTION_KEYS", "mandrake")

    assert "mandrake" not in repr(Settings())


def test_the_embedded_parts_live_in_the_home_folder(monkeypatch, tmp_path):
    """Without addresses, database and broker are files of one folder."""
    monkeypatch.setenv("SELLERSYNC_HOME", "/srv/s")

    settings = Settings()
    assert database_url(settings) == "sqlite:////srv/s/sellersync.db"
    assert redis_url(settings).client == "unix:///srv/s/run/broker.sock?db=0"
    assert (
        redis_url(settings).broker
        == "redis+socket:///srv/s/run/broker.sock?virtual_host=0"
    )
    assert not tmp_path.joinpath("srv").exists()


def test_a_deep_home_folder_still_gets_a_socket(monkeypatch):
    """A unix socket's path is limited, so it moves to a short folder."""
    monkeypatch.setenv("SELLERSYNC_HOME", "/srv/" + "deep/" * 40)

    assert len(str(socket_path(Settings()))) < 104


@pytest.mark.parametrize(
    ("configured", "broker"),
    [
        ("redis://:pw@h:6379/2", "redis://:pw@h:6379/2"),
        ("unix:///run/r.sock?db=3", "redis+socket:///run/r.sock?virtual_host=3"),
    ],
)
def test_a_configured_redis_serves_both_clients(monkeypatch, configured, broker):
    """redis-py and kombu spell unix sockets differently."""
    monkeypatch.setenv("SELLERSYNC_REDIS_URL", configured)

    urls = redis_url(Settings())
    assert (urls.client, urls.broker) == (configured, broker)


@pytest.mark.parametrize(
    ("variable", "word"),
    [
        ("SELLERSYNC_ORDERS__HISTORY", "all"),
        ("SELLERSYNC_FEED__KEEP", "forever"),
        ("SELLERSYNC_RETENTION__PAGE_READS", "forever"),
        ("SELLERSYNC_RETENTION__PERSONAL_DATA", "never"),
    ],
)
def test_some_durations_have_no_end(monkeypatch, variable, word):
    """Each has its own word; another one is refused under the variable's own name."""
    group, name = variable.removeprefix("SELLERSYNC_").lower().split("__")
    monkeypatch.setenv(variable, word)
    found = getattr(getattr(Settings(), group), name)
    monkeypatch.setenv(variable, "whenever")
    with pytest.raises(ValidationError) as refused:
        Settings()

    assert found == word
    assert refused.value.errors()[0]["loc"] == (group, name)
    assert f"or {word}" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"), [("LEASE", "90s"), ("VISIBILITY_TIMEOUT", "179s")]
)
def test_times_that_make_work_come_twice_are_refused(monkeypatch, name, value):
    """A lease or a message must not end while its work may go on."""
    monkeypatch.setenv(f"SELLERSYNC_SCHEDULE__{name}", value)

    with pytest.raises(ValidationError, match=name):
        Settings()


def test_a_message_outlives_its_lease_by_as_much_as_clocks_may_differ():
    """Celery compares the sender's clock with the worker's."""
    schedule = Settings().schedule

    assert schedule.message_expires == schedule.lease.total_seconds() + 60
