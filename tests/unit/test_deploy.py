"""deploy/: Prometheus and Grafana find what they are told to find."""

import shutil
import subprocess

import pytest
import yaml

from tests.compose import ROOT, services

DEPLOY = ROOT / "deploy"
PROMTOOL = shutil.which("promtool")


def read(path):
    """Return a file of the folder."""
    return yaml.safe_load((DEPLOY / path).read_text())


def test_prometheus_asks_the_web_face_with_its_password():
    """By the name and port it has in docker-compose.yml."""
    web, prometheus = services()["web"], services()["prometheus"]
    (job,) = read("prometheus.yml")["scrape_configs"]

    assert job["static_configs"] == [
        {"targets": [f"web:{web['environment']['SELLERSYNC_WEB__PORT']}"]}
    ]
    (secret,) = prometheus["secrets"]
    assert job["basic_auth"]["password_file"] == f"/run/secrets/{secret}"
    assert "./deploy:/etc/prometheus:ro" in prometheus["volumes"]
    assert "--config.file=/etc/prometheus/prometheus.yml" in prometheus["command"]


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool (apt-get install prometheus)")
def test_prometheus_understands_its_file():
    """With the alert rules that it names."""
    checked = subprocess.run(
        [str(PROMTOOL), "check", "config", str(DEPLOY / "prometheus.yml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_grafana_finds_prometheus_and_the_dashboards():
    """Every address in the files is one of docker-compose.yml."""
    grafana = services()["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    provisioning = grafana["environment"]["GF_PATHS_PROVISIONING"]
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    (provider,) = read("grafana/provisioning/dashboards/sellersync.yml")["providers"]

    assert source["url"] == "http://prometheus:9090"
    assert provisioning == f"{mounts['./deploy/grafana']}/provisioning"
    assert provider["options"]["path"] == mounts["./deploy/grafana"]
