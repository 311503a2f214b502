"""From a change at the marketplace to the row, with real workers and hourly polls."""

import re

import pytest

from worker.domain.records import Stream

pytestmark = pytest.mark.acceptance


def settled(installation, sandbox, shop_keys):
    """Whether the orders of these shops are what the sandbox says."""
    truth = sandbox.get("/truth")["orders"]
    stored = installation.stored(Stream.ORDERS)
    return all(stored.get(key) == truth[key] for key in shop_keys)


def test_a_change_is_here_within_seconds_though_polls_are_rare(
    new_sandbox, new_installation, wait_for
):
    """The webhook brings it; no pull does for an hour."""
    sandbox = new_sandbox("--orders", "40", "--products", "8")
    installation = new_installation(
        sandbox, ORDERS__EVERY="1h", PRODUCTS__EVERY="1h", SCHEDULE__TICK_EVERY="1s"
    )
    installation.start("up", installation.command("up"))
    assert wait_for(lambda: "Connect a seller" in installation.said("up"))
    sellers = sandbox.get("/sellers")
    for seller in sellers["tiktok_shop"]["sellers"]:
        done = installation.run(
            "connect", "tiktok-shop", "--auth-code", seller["auth_code"]
        )
        assert done.returncode == 0, done.stderr
    (mall,) = sellers["temu"]["eu"]["malls"]
    done = installation.run("connect", "temu", "--zone", "eu", "--code", mall["code"])
    assert done.returncode == 0, done.stderr
    shop_keys = [mall["shop_key"]] + [
        shop["shop_key"]
        for seller in sellers["tiktok_shop"]["sellers"]
        for shop in seller["shops"]
    ]
    assert wait_for(lambda: settled(installation, sandbox, shop_keys), seconds=90)

    log = installation.said("up").splitlines()
    (listens,) = (line for line in log if '"web_listens"' in line)
    (url,) = re.findall(r"http://127\.0\.0\.1:\d+", listens)
    sandbox.control(webhooks=url)
    sandbox.control(touch=60)

    assert wait_for(lambda: settled(installation, sandbox, shop_keys), seconds=30)
    assert sandbox.get("/stats")["webhooks"].get("refused", 0) == 0
    assert "notifications_looked_at" in installation.said("up")
