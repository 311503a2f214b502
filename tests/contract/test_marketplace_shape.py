"""What every marketplace says about itself, and what its folder keeps out of."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

from worker.domain.calls import Call
from worker.domain.errors import OperatorError
from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.domain.records import Stream

# What reaches out of the process, hides a clock or draws lots.
IMPURE = frozenset(
    {
        *("aiohttp", "asyncio", "celery", "ftplib", "http", "httpx", "logging"),
        *("multiprocessing", "os", "psycopg", "random", "redis", "requests"),
        *("secrets", "select", "smtplib", "socket", "sqlalchemy", "sqlite3", "ssl"),
        *("structlog", "subprocess", "tenacity", "threading", "time"),
        *("urllib.request", "urllib3", "uuid"),
        *("worker.gateway", "worker.sandbox", "worker.store"),
    }
)
IMPURE_CALLS = frozenset({"input", "now", "open", "print", "today", "utcnow"})


def test_its_variables_are_its_own(marketplace: Marketplace) -> None:
    """A misspelt one is told: so all of them must be known, and none is somebody else's."""
    prefix = f"SELLERSYNC_{marketplace.name.upper()}"
    names = marketplace.variables()

    assert {name for name in names if not name.startswith(prefix)} == set()
    assert any(name.endswith("__APP_SECRET") for name in names)


def sources(marketplace: Marketplace) -> Iterator[tuple[Path, ast.Module]]:
    """The modules of a marketplace's folder."""
    package = import_module(f"worker.marketplaces.{marketplace.name}")
    for folder in package.__path__:
        for path in Path(folder).rglob("*.py"):
            yield path, ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    """The names of the modules that a module imports, and of their parents."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = [name.split(".") for name in names]
    return {".".join(part[:end]) for part in parts for end in range(1, len(part) + 1)}


def called(tree: ast.Module) -> set[str]:
    """The last names of the functions that a module calls."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {each.id for each in functions if isinstance(each, ast.Name)} | {
        each.attr for each in functions if isinstance(each, ast.Attribute)
    }


def test_its_name_is_its_folder(marketplace: Marketplace) -> None:
    """The name goes into keys, so it has one spelling."""
    folder = f"worker.marketplaces.{marketplace.name}"

    assert import_module(folder).MARKETPLACE is marketplace
    assert re.fullmatch(r"[a-z][a-z0-9_]*", marketplace.name)


def test_its_zones_are_distinct_words(marketplace: Marketplace) -> None:
    """A zone goes into keys too."""
    assert marketplace.zones
    assert len(set(marketplace.zones)) == len(marketplace.zones)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", zone) for zone in marketplace.zones)


def test_it_has_rules_for_every_stream(marketplace: Marketplace) -> None:
    """Windows follow these, so they must make sense."""
    assert set(marketplace.streams) == set(Stream)
    for rules in marketplace.streams.values():
        assert timedelta(0) <= rules.lag <= timedelta(minutes=5)
        assert timedelta(0) < rules.overlap
        assert rules.cap is None or rules.cap > 0
        assert rules.sections
        assert len(set(rules.sections)) == len(rules.sections)


def test_its_rules_cannot_be_changed(marketplace: Marketplace) -> None:
    """All pulls of a process share them."""
    with pytest.raises(TypeError, match="does not support item assignment"):
        marketplace.streams[Stream.ORDERS] = None  # type: ignore[index]  # that is the point


@pytest.mark.parametrize("shop_id", [None, "1"])
def test_it_says_what_a_call_counts_against(
    marketplace: Marketplace,
    app_of: Callable[[Marketplace], App],
    shop_id: str | None,
) -> None:
    """The first limit is the one that callers queue for; names are unique in the app."""
    app = app_of(marketplace)
    limited = replace(app, requests_per_hour=100, endpoint_limits=(("here", 2.0),))

    found = marketplace.limits(Call(endpoint="here", shop_id=shop_id), limited)

    assert found[0].calls == app.requests_per_second
    assert found[0].per == timedelta(seconds=1)
    assert 2.0 in {limit.calls for limit in found}
    assert len({limit.name for limit in found}) == len(found)


def test_nothing_configured_is_no_app(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An installation may use one marketplace only."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {})

    assert marketplace.apps() == ()


def test_the_sellers_link_gives_nothing_away(
    marketplace: Marketplace,
    app_of: Callable[[Marketplace], App],
    secrets: frozenset[str],
) -> None:
    """It is a web address, or one line that says why there is none."""
    try:
        link = marketplace.authorize_url(app_of(marketplace), state="abc")
    except OperatorError as error:
        link = str(error)
        assert "\n" not in link
    else:
        assert re.match(r"https?://\S+$", link)

    assert not [secret for secret in secrets if secret in link]


def test_it_reads_what_a_seller_comes_back_with(marketplace: Marketplace) -> None:
    """The code and our state; without a code it says why, whatever else is missing."""
    agreed = marketplace.consent({"code": "c-1", "state": "s-1", "more": "x"})
    refused = marketplace.consent({"error": "no", "state": "s-1"})
    nothing = marketplace.consent({})

    assert (agreed.code, agreed.state, agreed.refused) == ("c-1", "s-1", None)
    assert (refused.code, refused.state, refused.refused) == ("", "s-1", "no")
    assert (nothing.code, nothing.state, bool(nothing.refused)) == ("", "", True)
    assert "c-1" not in repr(agreed)
    assert agreed.zone is None or agreed.zone in marketplace.zones


def test_its_folder_does_no_io(marketplace: Marketplace) -> None:
    """It builds and reads; whoever drives it sends, waits and writes."""
    found = {path.name: imported(tree) & IMPURE for path, tree in sources(marketplace)}

    assert {name: names for name, names in found.items() if names} == {}


def test_its_folder_has_no_clock_of_its_own(marketplace: Marketplace) -> None:
    """Time comes in as an argument, so every answer can be had again."""
    found = {
        path.name: called(tree) & IMPURE_CALLS for path, tree in sources(marketplace)
    }

    assert {name: names for name, names in found.items() if names} == {}
