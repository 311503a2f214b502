"""The README's ten minutes, step by step: from a clone to rows in one's own PostgreSQL.

The commands are read from the README. Of them only the address of the database, which
everybody has to fill in, and the ports are replaced; `make install` was done by whoever runs
the tests. What follows is done in a real browser, and what it shows is kept as pictures: in
pytest's folder, and in the folder that the variable SCREENSHOTS names.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import requests
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect
from sqlalchemy import Engine, create_engine, text

from tests.acceptance.chromium import needs_chromium, running_chromium
from tests.acceptance.conftest import ROOT, Installation
from tests.postgresql import postgresql_database

pytestmark = [pytest.mark.acceptance, needs_chromium]

LOOKS: tuple[tuple[str, int, Literal["light", "dark"]], ...] = (
    ("status-light", 1280, "light"),
    ("status-dark", 1280, "dark"),
    ("status-phone", 390, "light"),
    ("status-phone-dark", 390, "dark"),
)
PLACEHOLDER = "postgresql+psycopg://user:password@localhost/sellersync"


def section() -> str:
    """Return the part of the README that is followed here."""
    text = (ROOT / "README.md").read_text()
    return text.partition("## In ten minutes")[2].partition("\n## ")[0]


def block(language: str) -> str:
    """Return what stands in the section in this language."""
    found = re.findall(rf"```{language}\n(.*?)```", section(), re.DOTALL)
    assert len(found) == 1, language
    return str(found[0])


def free_port() -> int:
    """Return a port that nobody has at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(kw_only=True)
class Newcomer:
    """Somebody who has typed the commands, and what is seen in the browser."""

    web: str
    database: Engine
    browser: BrowserContext
    pictures: Path
    sandbox: str
    said: Callable[[], str]
    # Runs one more `sellersync` command where the others were typed.
    run: Callable[..., subprocess.CompletedProcess[str]]
    # What the browser complained of: scripts that failed, what the policy refused.
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page of the README's address in a new tab."""
        tab = self.browser.new_page()
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("console", self._listen)
        tab.goto(f"{self.web}{path}")
        return tab

    def connect(self, title: str, number: int) -> str:
        """Make a link and follow it as the seller; return what the last page says."""
        tab = self.open("/connect")
        tab.get_by_role("button", name=f"Make a link for {title}").click()
        tab.get_by_role("link", name="Open it here").click()
        tab.get_by_role("button", name="Agree").nth(number).click()
        tab.wait_for_url(f"{self.web}/authorize/**")
        heading = tab.get_by_role("heading", level=1).inner_text()
        self.picture(tab, f"connected-{title.partition(' ')[0].lower()}")
        tab.close()
        return heading

    def counts(self) -> list[int]:
        """Ask the README's question of the user's own database: each shop's orders."""
        orders: Counter[str] = Counter()
        with self.database.connect() as connection:
            for shop_key, _status, count, _newest in connection.execute(
                text(block("sql").rstrip().rstrip(";"))
            ):
                orders[shop_key] += count
        return [*orders.values()]

    def _listen(self, said: ConsoleMessage) -> None:
        # The consent page is the sandbox's, and has no icon.
        if said.type == "error" and said.location["url"].startswith(self.web):
            self.complaints.append(said.text)

    def picture(self, tab: Page, name: str) -> None:
        """Keep how a page looks."""
        tab.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        if (folder := os.environ.get("SCREENSHOTS")) is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            shutil.copy(self.pictures / f"{name}.png", folder)


@pytest.fixture(scope="module")
def newcomer(
    new_installation: Callable[..., Installation],
    postgresql: Engine,
    tmp_path_factory: pytest.TempPathFactory,
    wait_for: Callable[..., bool],
) -> Iterator[Newcomer]:
    """Type the commands; give the browser to the tests."""
    web_port, sandbox_port = free_port(), free_port()
    installation = new_installation(WEB__PORT=str(web_port))
    clone = tmp_path_factory.mktemp("clone")
    (clone / ".venv").symlink_to(sys.prefix)
    pictures = tmp_path_factory.mktemp("pictures")
    with postgresql_database(postgresql) as url:
        script = (
            block("sh")
            .replace("make install\n", "", 1)
            .replace(PLACEHOLDER, url.render_as_string(hide_password=False))
            .replace(
                "sellersync sandbox",
                f"sellersync sandbox --port {sandbox_port} "
                f"--callback http://127.0.0.1:{web_port}",
            )
        )
        installation.start("readme", ["bash", "-e", "-c", script], folder=clone)

        def said() -> str:
            return installation.said("readme")

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return installation.run_program(
                installation.command(*arguments), folder=clone
            )

        assert wait_for(lambda: "web_listens" in said(), seconds=90), said()
        database = create_engine(url)
        with running_chromium(tmp_path_factory.mktemp("profile")) as browser:
            yield Newcomer(
                web=f"http://127.0.0.1:{web_port}",
                database=database,
                browser=browser,
                pictures=pictures,
                sandbox=f"http://127.0.0.1:{sandbox_port}",
                said=said,
                run=run,
            )
        database.dispose()
        installation.kill()


def test_the_commands_are_those_of_a_newcomer():
    """They begin with the installation, and say where the database is to be named."""
    commands = block("sh")

    assert commands.startswith("make install\n")
    assert PLACEHOLDER in commands
    assert commands.rstrip().endswith("sellersync up")
    known = subprocess.run(
        ["make", "--dry-run", "install"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert known.returncode == 0, known.stderr


def test_ten_minutes_lead_from_a_clone_to_rows_in_postgresql(newcomer, wait_for):
    """One story, in one test: each step stands on those before it."""
    a_seller_is_connected(newcomer, wait_for)
    the_status_page_shows_the_next_seller_by_itself(newcomer)
    for name, width, scheme in LOOKS:
        the_status_page_fits(newcomer, name, width, scheme)
    the_status_page_can_be_used_with_the_keyboard(newcomer)
    what_goes_wrong_is_told_with_what_to_do(newcomer)
    # No script failed, and the strict policy refused nothing.
    assert newcomer.complaints == []


def a_seller_is_connected(newcomer: Newcomer, wait_for: Callable[..., bool]) -> None:
    """The consent page leads back to the callback; orders come by themselves."""
    heading = newcomer.connect("TikTok Shop", 0)
    came = wait_for(lambda: newcomer.counts() == [200, 200], seconds=90)

    assert heading.endswith("is connected")
    assert came, (newcomer.counts(), newcomer.said()[-5000:])


def the_status_page_shows_the_next_seller_by_itself(newcomer: Newcomer) -> None:
    """Without being loaded again, while Temu's consent page is answered in another tab."""
    status = newcomer.open("/")
    shops = status.locator('[data-live="shops"] tbody tr')
    before = shops.count()
    heading = newcomer.connect("Temu eu", 0)

    assert before == 2
    assert heading.endswith("is connected")
    expect(shops).to_have_count(3, timeout=30_000)
    status.close()


def the_status_page_fits(
    newcomer: Newcomer, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    """Nothing has to be scrolled aside, and it is dark when it should be."""
    tab = newcomer.open("/")
    tab.set_viewport_size({"width": width, "height": 844})
    tab.emulate_media(color_scheme=scheme)
    # The chart is drawn when its numbers have come.
    expect(tab.locator("path.sent").first).not_to_have_attribute("d", "")
    newcomer.picture(tab, name)
    over = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.close()

    assert over <= 0, name
    light = sum(map(int, re.findall(r"\d+", background)[:3])) > 3 * 128
    assert light == (scheme == "light"), name


def the_status_page_can_be_used_with_the_keyboard(newcomer: Newcomer) -> None:
    """What has the focus is seen, and the search answers to Enter."""
    tab = newcomer.open("/")
    tab.keyboard.press("Tab")
    outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    tab.get_by_role("searchbox").focus()
    tab.keyboard.type("temu:eu")
    tab.keyboard.press("Enter")
    expect(tab.locator('[data-live="shops"] tbody tr')).to_have_count(1)
    tab.close()

    assert outline != "none"


def what_goes_wrong_is_told_with_what_to_do(newcomer: Newcomer) -> None:
    """A seller who took the grant back is at the top, with the way to a new link."""
    sellers = requests.get(f"{newcomer.sandbox}/sellers", timeout=30).json()
    seller = sellers["tiktok_shop"]["sellers"][0]
    requests.post(
        f"{newcomer.sandbox}/control", json={"revoke": seller["open_id"]}, timeout=30
    ).raise_for_status()
    shop_key = seller["shops"][0]["shop_key"]
    tried = newcomer.run("refresh", "--shop", shop_key, "--force", "--here")
    tab = newcomer.open("/")
    expect(tab.locator("path.sent").first).not_to_have_attribute("d", "")
    newcomer.picture(tab, "status-trouble")
    told = tab.locator('[data-live="trouble"] li')

    assert tried.returncode == 1
    expect(tab.get_by_role("heading", level=1)).to_have_text("1 thing needs you")
    expect(told).to_have_count(1)
    expect(told.get_by_role("link", name="Make a link")).to_be_visible()
    tab.close()
