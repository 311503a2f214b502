"""docker-compose.yml, without a Docker: what it names exists, and nothing is open."""

import re
from itertools import pairwise

import pytest

from config.settings import Settings
from config.variables import names_of
from tests.compose import FILE, ROOT, command, document, services, variables
from worker.marketplaces import marketplaces

SERVICES = services()
OURS = [name for name in SERVICES if SERVICES[name]["image"] == "sellersync"]
PROFILES = {"flower": "flower", "prometheus": "monitoring", "grafana": "monitoring"}
# The keys of the Compose specification that we use; a misspelt one is an error.
TOP_LEVEL = {"services", "volumes", "secrets"}
KEYS = {
    *("image", "build", "init", "restart", "stop_grace_period", "read_only", "tmpfs"),
    *("cap_drop", "security_opt", "logging", "env_file", "environment", "depends_on"),
    *("command", "healthcheck", "ports", "volumes", "profiles", "secrets"),
}
CONDITIONS = {"service_healthy", "service_completed_successfully"}
SECONDS = re.compile(r"\d+s")


def settings_names():
    """Return the variable of every setting there is."""
    return names_of(Settings).union(
        *(marketplace.variables() for marketplace in marketplaces().values())
    )


def test_all_parts_are_there():
    """What the documentation promises."""
    assert set(SERVICES) == {
        *("postgres", "redis", "migrate", "worker", "worker-tokens", "beat", "web"),
        *PROFILES,
    }
    assert {
        name: SERVICES[name]["profiles"] for name in SERVICES if name in PROFILES
    } == {name: [profile] for name, profile in PROFILES.items()}
    assert [
        name
        for name in SERVICES
        if "profiles" in SERVICES[name] and name not in PROFILES
    ] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_only_known_keys(name):
    """Docker would refuse the file."""
    anchors = {key for key in document() if key.startswith("x-")}

    assert set(document()) - anchors == TOP_LEVEL
    assert set(SERVICES[name]) - KEYS == set()
    assert {"image", "restart", "stop_grace_period", "logging"} <= set(SERVICES[name])
    assert SECONDS.fullmatch(SERVICES[name]["stop_grace_period"])


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_needs_exists(name):
    """Services it waits for, and why they will be ready; volumes, secrets and files."""
    service, volumes = SERVICES[name], document()["volumes"]
    for needed, how in service.get("depends_on", {}).items():
        condition = how["condition"]
        assert condition in CONDITIONS
        if condition == "service_healthy":
            assert "test" in SERVICES[needed]["healthcheck"]
        else:
            assert SERVICES[needed]["restart"] == "no"
        # A service of every day must not wait for one that only a profile starts.
        assert not SERVICES[needed].get("profiles") or service.get("profiles")
    for source in (volume.partition(":")[0] for volume in service.get("volumes", ())):
        known = (ROOT / source).exists() if source.startswith(".") else None
        assert source in volumes if known is None else known
    assert set(service.get("secrets", ())) <= set(document()["secrets"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_stays_is_looked_at_and_comes_back(name):
    """Health check and restart; a migration does neither."""
    service = SERVICES[name]
    if name == "migrate":
        assert (service["restart"], service["healthcheck"]) == ("no", {"disable": True})
        return

    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_do_little(name):
    """No privileges, and no file to write to."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_only_the_web_face_has_a_published_port_and_only_for_this_machine():
    """What a profile adds is for this machine too, and asks for the password."""
    published = {
        name: SERVICES[name]["ports"] for name in SERVICES if "ports" in SERVICES[name]
    }

    assert {name for name in published if name not in PROFILES} == {"web"}
    for ports in published.values():
        assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    for name in published:
        assert "${SELLERSYNC_WEB__PASSWORD:?}" in str(SERVICES[name]["environment"])


def test_redis_keeps_what_it_has():
    """Append-only, and it never drops keys; a password guards it."""
    words = " ".join(command(SERVICES["redis"])).split()
    options = {name: value for name, value in pairwise(words) if name[:2] == "--"}

    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--requirepass"] == '"$REDIS_PASSWORD"'


def test_every_queue_is_served_by_one_of_the_workers():
    """Refreshes, ticks and webhooks not by the one that pulls."""
    programs = {name: command(SERVICES[name]) for name in ("worker", "worker-tokens")}
    served = {
        name: set(words[words.index("-Q") + 1].split(","))
        for name, words in programs.items()
    }

    assert served == {
        "worker": {"pull", "backfill"},
        "worker-tokens": {"tick", "tokens", "webhooks"},
    }


def test_every_variable_is_a_setting_and_is_told_of():
    """In the head of the file, and in the file to start from."""
    head = FILE.read_text().partition("\nx-")[0]
    example = (ROOT / ".env.example").read_text()
    written = set(re.findall(r"SELLERSYNC_[A-Z_]+", FILE.read_text() + example))

    assert {name for name in variables() if name not in head} == set()
    assert {name for name in variables() if f"#{name}=" not in example} == set()
    assert {name for name in written if not name.endswith("_")} <= settings_names()
    assert "${" in FILE.read_text()
    # Without a default: an installation that has forgotten one does not start.
    assert set(re.findall(r"(?<!\$)\$\{\w+([^}]*)\}", FILE.read_text())) == {":?"}
