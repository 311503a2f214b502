"""Secrets appear nowhere: a whole life with troubles, then everything is searched."""

import signal

import pytest

pytestmark = pytest.mark.acceptance

QUICK = {
    "ORDERS__EVERY": "1s",
    "PRODUCTS__EVERY": "2s",
    "SCHEDULE__TICK_EVERY": "500ms",
    "TOKENS__CHECK_EVERY": "1s",
    "LOG__LEVEL": "debug",
}
WRONG_CODE = "ROW_made-up-canary-code-0001"
COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("authorizations",),
    ("authorizations", "--json"),
    ("shops", "--json"),
    ("changes",),
    ("refresh", "--force", "--here"),
    ("pull", "orders", "--here"),
    ("export", "orders", "--raw"),
)


@pytest.fixture(scope="module")
def searched(new_installation, new_sandbox, wait_for):
    """Refreshes, refusals, revocations and lost answers; give places, and the secrets."""
    sandbox = new_sandbox("--sellers", "2", "--orders", "30", "--churn", "2")
    secrets = {WRONG_CODE, *sandbox.secrets()}
    sellers = sandbox.get("/sellers")
    malls = {zone: app["malls"][0] for zone, app in sellers["temu"].items()}
    installation = new_installation(sandbox, **QUICK)
    places = {}

    def run(*arguments, given=""):
        done = installation.run(*arguments, given=given)
        places[" ".join(arguments)] = done.stdout + done.stderr

    up = installation.start("up", installation.command("up"))
    for seller in sellers["tiktok_shop"]["sellers"]:
        run("connect", "tiktok-shop", "--auth-code", "-", given=seller["auth_code"])
    # The refusal must not quote it.
    run("connect", "tiktok-shop", "--auth-code", "-", given=WRONG_CODE)
    for zone, mall in malls.items():
        run(
            "connect",
            "temu",
            "--zone",
            zone,
            "--access-token",
            "-",
            given=mall["access_token"],
        )
    secrets |= installation.secrets()
    sandbox.control(scenario="5xx")
    sandbox.control(expire_access_tokens=True)
    sandbox.control(scenario="lost-reply")
    sandbox.control(expire_access_tokens=True)
    sandbox.control(revoke=malls["us"]["mall_id"])
    sandbox.control(revoke=sellers["tiktok_shop"]["sellers"][0]["open_id"])
    told = wait_for(
        lambda: "authorization_" in installation.run("status", "--json").stdout
    )
    secrets |= installation.secrets() | sandbox.secrets()
    sandbox.control(scenario=None)
    for command in COMMANDS:
        run(*command)
    up.send_signal(signal.SIGTERM)
    up.wait(60)
    secrets |= installation.secrets()
    places["log"] = installation.said("up")
    for file in installation.home.rglob("*"):
        if file.is_file() and file.name != "encryption.keys":
            places[file.name] = file.read_bytes().decode("latin-1")
    return places, secrets, told


def test_there_was_trouble_and_there_are_secrets_to_find(searched):
    """Otherwise the search would prove nothing."""
    places, secrets, told = searched

    assert told
    assert len(secrets) > 15
    assert {"log", "sellersync.db", "status --json"} <= set(places)
    assert "pull_done" in places["log"]
    assert "36004004" in places["connect tiktok-shop --auth-code -"]


def test_no_secret_is_anywhere(searched):
    """Not in logs, outputs, errors, events, queues, nor readable in any file."""
    places, secrets, _told = searched

    assert [
        (name, secret[:6])
        for name, text in places.items()
        for secret in secrets
        if secret in text
    ] == []
