"""deploy/prometheus.yml and deploy/alerts.yml in a real Prometheus, against a real web face.

Of the files only what Docker would give is replaced: the web face's address, and where its
password lies.
"""

import contextlib
import re
import shutil
import socket
from pathlib import Path

import pytest
import requests
import yaml

PROMETHEUS = Path("/usr/bin/prometheus")
DEPLOY = Path(__file__).parents[2] / "deploy"
PASSWORD = "made-up-web-password-8813"

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(
        not PROMETHEUS.exists(),
        reason=f"there is no {PROMETHEUS}; on Debian: apt-get install prometheus",
    ),
]


def free_port():
    """Return a port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def installation(new_installation, new_sandbox, wait_for):
    """A whole installation with one seller; its web face asks for a password."""
    sandbox = new_sandbox("--sellers", "0", "--orders", "30", "--products", "5")
    mall = sandbox.get("/sellers")["temu"]["eu"]["malls"][0]
    installation = new_installation(sandbox, WEB__PASSWORD=PASSWORD)
    installation.start("up", installation.command("up"))
    assert wait_for(lambda: "web_listens" in installation.said("up"))
    connected = installation.run(
        "connect", "temu", "--zone", "eu", "--access-token", mall["access_token"]
    )
    assert connected.returncode == 0, connected.stderr
    assert wait_for(
        lambda: installation.holds_truth(sandbox, mall["shop_key"]), seconds=60
    )
    return installation


@pytest.fixture(scope="module")
def ask(installation, wait_for):
    """Run Prometheus; give a way to ask its API."""
    folder = installation.home / "prometheus"
    shutil.copytree(DEPLOY, folder)
    (folder / "password").write_text(PASSWORD)
    (address,) = re.findall(r"http://(127\.0\.0\.1:\d+)", listening(installation))
    file = folder / "prometheus.yml"
    text = file.read_text()
    for theirs, ours in (
        ("/run/secrets/web_password", str(folder / "password")),
        ('"web:8000"', f'"{address}"'),
    ):
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    file.write_text(text)
    port = free_port()
    program = [
        str(PROMETHEUS),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    installation.start("prometheus", program)

    def ask(path, **query):
        answer = requests.get(
            f"http://127.0.0.1:{port}/api/v1/{path}", params=query, timeout=10
        )
        answer.raise_for_status()
        return answer.json()["data"]

    def is_ready():
        with contextlib.suppress(requests.RequestException):
            return ask("query", query="up")["result"]
        return False

    # It looks every 15 s, the first time at any moment of them.
    assert wait_for(is_ready), installation.said("prometheus")
    return ask


def listening(installation):
    """Return the line with the web face's address."""
    log = installation.said("up").splitlines()
    (line,) = (line for line in log if '"web_listens"' in line)
    return line


def values(answer):
    """Return the values of a query's answer, by their labels but the common ones."""
    return {
        frozenset(
            (name, value)
            for name, value in each["metric"].items()
            if name not in {"__name__", "job", "instance"}
        ): float(each["value"][1])
        for each in answer["result"]
    }


def test_it_gets_in_and_reads_everything(ask):
    """With the password of its file."""
    (target,) = ask("targets")["activeTargets"]

    assert (target["health"], target["lastError"]) == ("up", "")
    assert values(ask("query", query="up")) == {frozenset(): 1}
    assert values(ask("query", query="sellersync_up")) == {
        frozenset({("part", "database")}): 1,
        frozenset({("part", "redis")}): 1,
    }


def test_every_rule_is_loaded_and_can_be_evaluated(ask, wait_for):
    """With what a real installation tells; nothing alerts where nothing is wrong."""
    written = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    names = {rule["alert"] for group in written for rule in group["rules"]}

    def rules():
        return [rule for group in ask("rules")["groups"] for rule in group["rules"]]

    assert wait_for(lambda: all(rule["health"] != "unknown" for rule in rules()))
    loaded = {rule["name"]: rule for rule in rules()}
    assert set(loaded) == names
    assert {
        name: rule.get("lastError")
        for name, rule in loaded.items()
        if rule["health"] != "ok"
    } == {}
    # Before its first look at us it rightly missed us.
    assert wait_for(
        lambda: all(
            rule["state"] == "inactive"
            for rule in rules()
            if rule["name"] == "SellersyncGone"
        )
    )
    assert "firing" not in {rule["state"] for rule in rules()}
