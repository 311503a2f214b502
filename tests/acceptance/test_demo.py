"""`sellersync demo`, as a person who has just installed it would run it."""

import orjson
import pytest

pytestmark = pytest.mark.acceptance


@pytest.fixture
def demo(new_installation):
    """Run it; give how it ended, what it printed, and what it left behind."""

    def run(*options):
        installation = new_installation(
            DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:9/x"
        )
        ended = installation.run("demo", "--seconds", "2", *options)
        left = [path.name for path in installation.home.iterdir()]
        return ended, installation.processes(), left

    return run


def test_the_demo_keeps_its_promises_and_leaves_nothing_behind(demo):
    """Exit status 0, all five promises kept; no process, no file, and no use of settings."""
    ended, processes, files = demo()

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (ended.stdout.count("│ kept"), ended.stdout.count("BROKEN")) == (5, 0)
    assert (set(), []) == (processes, files)


def test_the_demo_fails_when_one_order_is_lost(demo):
    """Exit status 1, and the lost order is named: the comparison is a real one."""
    ended, processes, files = demo("--lose-a-row", "--json")
    verdict = orjson.loads(ended.stdout)

    assert (ended.returncode, verdict["kept"]) == (1, False)
    assert [finding["kept"] for finding in verdict["findings"]].count(False) == 1
    assert [lost["what"] for lost in verdict["differences"]] == [
        "missing in the database"
    ]
    assert verdict["differences"][0]["stream"] == "orders"
    assert "Starting" in ended.stderr
    assert (set(), []) == (processes, files)
