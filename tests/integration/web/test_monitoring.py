"""What `deploy/` asks Prometheus for is there, and what it tells operators to read, too."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.web.sellers import connect_some
from worker.cli.reconciling import reconcile_here
from worker.domain import errors
from worker.domain.records import Stream
from worker.schedule.canaries import tell_silent_canaries

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "deploy" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "sellersync.json"
PROMTOOL = shutil.which("promtool") or ""
needs_promtool = pytest.mark.skipif(
    not PROMTOOL, reason="promtool is not installed (Debian: prometheus)"
)

# Labels with few known values, which a scrape shows all of.
CLOSED = {"state", "standing", "part", "stream", "within", "queue"}


@pytest.fixture(scope="module")
def scraped(web):
    """Return the labels of all samples of a real scrape, by name."""
    connect_some(web)
    mall = web.sellers()["temu"]["eu"]["malls"][0]
    reconcile_here(web.here, Stream.ORDERS, mall["shop_key"], confirm=False)
    every = web.here.settings.schedule.canary_every
    tell_silent_canaries(web.here.database, every=every)
    web.here.counts.flush()
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(web.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def alerts():
    """Return all alert rules."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard_queries():
    """Return what all panels ask for."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [
        target["expr"].replace('=~"$app"', '=~".*"').replace("$__rate_interval", "1m")
        for panel in panels
        for target in panel.get("targets", [])
    ]


QUERIES = [rule["expr"] for rule in alerts()] + dashboard_queries()


@pytest.mark.parametrize("query", QUERIES)
def test_everything_asked_for_exists(scraped, query):
    """Metrics, labels, and the values that labels are compared with."""
    selectors = re.findall(r"(sellersync_\w+)(?:\{([^}]*)\})?", query)

    assert selectors
    for name, matchers in selectors:
        assert name in scraped, name
        labels = set().union(*scraped[name])
        for label, value in re.findall(r'(\w+)(?:=|!=|=~|!~)"([^"]*)"', matchers or ""):
            assert label in labels, (name, label)
            known = {sample[label] for sample in scraped[name]}
            if label in CLOSED:
                assert set(value.split("|")) <= known, (name, value)
            elif label == "outcome" and value != "ok":
                assert issubclass(getattr(errors, value), errors.MarketplaceError)
    for listed in re.findall(r"\bby \(([^)]*)\)", query):
        known = set().union(*(set().union(*scraped[name]) for name, _ in selectors))
        assert {label.strip() for label in listed.split(",")} <= known


def test_every_metric_is_on_the_dashboard_or_in_an_alert(scraped):
    """What nobody looks at need not be told."""
    asked = " ".join(QUERIES)
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in scraped}
    unseen = {name for name in families if name not in asked}

    assert unseen == {
        "sellersync_shops",
        "sellersync_app_calls_per_second",
        "sellersync_app_limit_calls_per_second",
        "sellersync_app_waiting_calls",
    }


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_has_a_page_to_read(rule):
    """A summary, how bad it is, and a heading of the runbook."""
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)

    assert rule["annotations"]["summary"].endswith(".")
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert anchor == rule["alert"].lower()
    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_no_runbook_is_about_an_alert_that_does_not_exist():
    """Headings and rules are the same."""
    text = (ROOT / "docs" / "operating.md").read_text()
    headings = re.findall(r"^### (Sellersync\w+)$", text, re.MULTILINE)

    assert sorted(headings) == sorted(rule["alert"] for rule in alerts())


@needs_promtool
def test_promtool_finds_the_rules_valid():
    """Syntax, templates, durations."""
    checked = subprocess.run(
        [PROMTOOL, "check", "rules", str(ALERTS)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
def test_alerts_fire_when_they_should(tmp_path):
    """And are quiet otherwise; `alerts_fire.yml` has the cases."""
    shutil.copy(ALERTS, tmp_path)
    shutil.copy(Path(__file__).with_name("alerts_fire.yml"), tmp_path)
    tested = subprocess.run(
        [PROMTOOL, "test", "rules", "alerts_fire.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert tested.returncode == 0, tested.stdout + tested.stderr


@needs_promtool
def test_the_dashboards_queries_are_valid(tmp_path):
    """As rules of their own, since promtool reads no dashboards."""
    rules = [
        {"record": f"sellersync:panel:{number}", "expr": query}
        for number, query in enumerate(dashboard_queries())
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    checked = subprocess.run(
        [PROMTOOL, "check", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_dashboards_panels_do_not_overlap():
    """Each has a place, a title and a number of its own."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] for panel in panels)
