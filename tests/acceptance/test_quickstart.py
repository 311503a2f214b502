"""docs/quickstart.md, followed by somebody who pastes what it and the sandbox say."""

import re
import sys
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

pytestmark = pytest.mark.acceptance

PAGE = (Path(__file__).parents[2] / "docs" / "quickstart.md").read_text()


def block(language, *, having):
    """Return the page's code block with these words in it."""
    found = re.findall(rf"^```{language}\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (one,) = (code for code in found if having in code)
    return one


def line(*, having):
    """Return a command of the page's shell blocks."""
    blocks = re.findall(r"^```sh\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (one,) = (each for each in "".join(blocks).splitlines() if having in each)
    return one


@pytest.fixture(scope="module")
def place(new_installation, wait_for):
    """Follow the page up to its third part; give a shell in which to go on."""
    place = new_installation(LOG__LEVEL="info")
    place.environment["PATH"] = (
        f"{Path(sys.executable).parent}:{place.environment['PATH']}"
    )
    sandbox = f"exec {line(having='sellersync sandbox')} --port 0 --orders 30"
    # What goes to no terminal waits in Python's buffer.
    place.environment["PYTHONUNBUFFERED"] = "1"
    place.start("sandbox", ["sh", "-c", sandbox])
    assert wait_for(lambda: "/stats" in place.said("sandbox")), place.said("sandbox")
    printed = place.said("sandbox").splitlines()
    place.pasted = "\n".join(each for each in printed if each.startswith("export "))
    up = f"{place.pasted}\nexec {line(having='sellersync up')}"
    place.start("up", ["sh", "-c", up])
    assert wait_for(lambda: "web_listens" in place.said("up")), place.said("up")
    place.connects = [each for each in printed if each.startswith("sellersync connect")]
    return place


@pytest.fixture(scope="module")
def connected(place):
    """Paste one of the commands that connect a seller."""
    done = place.run_program(["sh", "-c", f"{place.pasted}\n{place.connects[-1]}"])
    assert done.returncode == 0, done.stderr
    return place


def test_the_rows_are_there(connected, wait_for):
    """As JSON lines, by the page's own command; and as the page's own SQL counts them."""
    command = line(having="export orders")

    def rows():
        done = connected.run_program(["sh", "-c", f"{connected.pasted}\n{command}"])
        assert done.returncode == 0, done.stderr
        return [orjson.loads(row) for row in done.stdout.splitlines()]

    assert wait_for(rows)
    with connected.database() as database, database.read() as connection:
        query = text(block("sql", having="v_orders"))
        counted = connection.execute(query).all()

    assert rows()[0]["marketplace"] == "temu"
    assert {row.shop_key for row in counted} == {rows()[0]["shop_key"]}


def test_the_status_shows_the_shop(connected):
    """With the settings that were pasted, and nothing else."""
    command = line(having="sellersync status")
    done = connected.run_program(["sh", "-c", f"{connected.pasted}\n{command}"])

    assert (done.returncode, done.stderr) == (0, "")
    assert "temu:global:" in done.stdout


def test_a_shell_learns_to_complete(place):
    """The page's command, for a shell that a test may have: bash."""
    assert line(having="completion") == "sellersync --install-completion"
    home = place.home / "shell"
    home.mkdir()
    done = place.run_program(
        ["env", f"HOME={home}", "sellersync", "--install-completion", "bash"]
    )

    assert done.returncode == 0, done.stderr
    assert "sellersync" in (home / ".bashrc").read_text()
