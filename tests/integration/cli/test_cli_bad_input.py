"""Bad input and servers that are away: one line that says what to do, nothing changed."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def silent_url():
    """Return the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def nothing_changed(sellersync):
    """Prove at the end that no shop was stored."""
    yield
    assert sellersync("shops", "--json").document == []


class Ended(Protocol):
    """How a command ended."""

    status: int
    out: str
    err: str


def one_line(ended: Ended) -> str:
    """Return the one line of a failed command."""
    assert (ended.status, ended.out, ended.err.count("\n")) == (1, "", 1)
    return ended.err


@pytest.mark.usefixtures("nothing_changed")
@pytest.mark.parametrize(
    "call",
    [
        ("tiktok-shop", "--auth-code", "made-up-code-0001"),
        ("temu", "--zone", "eu", "--code", "made-up-code-0001"),
        ("temu", "--zone", "eu", "--access-token", "made-up-code-0001"),
    ],
    ids=["tiktok_shop_code", "temu_code", "temu_token"],
)
def test_a_wrong_code_or_token(sellersync, call):
    """The seller needs a new link; the code is not repeated."""
    line = one_line(sellersync("connect", *call))

    assert "sellersync authorize-url" in line
    assert "made-up-code-0001" not in line


@pytest.mark.usefixtures("nothing_changed")
def test_a_marketplace_that_refuses_connections(sellersync):
    """It is said within 20 s."""
    away = sellersync.but(SELLERSYNC_TIKTOK_SHOP__AUTH_URL="http://127.0.0.1:1")
    line = one_line(away("connect", "tiktok-shop", "--auth-code", "c-1", within=20))

    assert "no connection" in line
    assert "Try again later." in line


@pytest.mark.usefixtures("nothing_changed")
def test_a_marketplace_that_never_answers(sellersync, silent_url):
    """The code may be spent, and the line says so within 20 s."""
    away = sellersync.but(SELLERSYNC_TIKTOK_SHOP__AUTH_URL=silent_url)
    line = one_line(away("connect", "tiktok-shop", "--auth-code", "c-1", within=20))

    assert "It may have been acted on" in line


def test_pulling_from_a_marketplace_that_is_away(sellersync, mall):
    """The stream has failed within 20 s, with a reason."""
    away = sellersync.but(
        SELLERSYNC_TEMU__EU__API_URL="http://127.0.0.1:1/openapi/router"
    )
    ended = away("pull", "orders", "--here", "--json", within=20)
    shop = ended.document["shops"][0]

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert ended.err.startswith(f"sellersync: orders of {mall}: ")
    assert (shop["outcome"], "no connection" in shop["reason"]) == ("failed", True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "silent"])
def test_refreshing_at_a_marketplace_that_is_away(
    sellersync, tiktok_shops, silent_url, url
):
    """The token stays as it is; it is said within 20 s."""
    del tiktok_shops
    url = silent_url if url == "silent" else url
    away = sellersync.but(SELLERSYNC_TIKTOK_SHOP__AUTH_URL=url)
    ended = away("refresh", "--force", "--here", "--json", within=20)

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert ended.document["authorizations"][0]["is_new"] is False


@pytest.mark.parametrize(
    "command",
    [
        ("pull", "orders"),
        ("pull", "orders", "--here"),
        ("refresh",),
        ("connect", "tiktok-shop", "--auth-code", "c-1"),
    ],
)
def test_redis_is_away(sellersync, mall, command):
    """Nothing is sent or enqueued; the password is not shown."""
    del mall
    away = sellersync.but(SELLERSYNC_REDIS_URL="redis://:hunter2@127.0.0.1:1/0")
    line = one_line(away(*command, within=20))

    assert "SELLERSYNC_REDIS_URL" in line
    assert "redis://127.0.0.1:1/0 does not answer" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "redis://:hunter2@127.0.0.1:1/0",
            "sellersync: Redis at redis://127.0.0.1:1/0 does not answer",
        ),
        ("", "sellersync: no worker is running; start `sellersync up`"),
    ],
)
def test_celerys_own_call_without_redis(sellersync, url, told):
    """One line instead of a traceback, as of our own commands."""
    settings = sellersync.but(SELLERSYNC_REDIS_URL=url) if url else None
    environment = (settings or sellersync.without_redis()).environment
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "celery", "-A", "worker.app"),
            *("call", "tasks.orders.pull", "--kwargs", '{"shop_key": "a"}'),
        ],
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith(told)
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr


def test_a_variable_that_sets_nothing(sellersync):
    """It is told beside the result, once, and nothing fails."""
    ended = sellersync.but(SELLERSYNC_ORDER__EVERY="1m")("shops", "--json")

    assert (ended.status, ended.document) == (0, [])
    assert ended.err == (
        "sellersync: SELLERSYNC_ORDER__EVERY is no setting and has no effect; "
        "did you mean SELLERSYNC_ORDERS__EVERY?\n"
    )


@pytest.mark.parametrize("command", [("pull", "orders"), ("refresh",)])
def test_no_worker_is_running(sellersync, mall, command):
    """Without Redis and without `sellersync up` there is no queue."""
    del mall
    embedded = sellersync.without_redis()
    line = one_line(embedded(*command))

    assert "start `sellersync up`, or add --here" in line


@pytest.mark.parametrize(
    "command", [("status",), ("db", "upgrade"), ("export", "orders")]
)
def test_the_database_is_away(sellersync, command):
    """The server is named, its password is not."""
    away = sellersync.but(
        SELLERSYNC_DATABASE_URL="postgresql+psycopg://me:hunter2@127.0.0.1:1/db"
    )
    line = one_line(away(*command, within=20))

    assert "127.0.0.1:1/db does not answer" in line
    assert "correct SELLERSYNC_DATABASE_URL" in line
    assert "hunter2" not in line


def test_the_database_is_not_migrated_yet(sellersync, empty_database):
    """It says so, and `db upgrade` helps."""
    url = empty_database.engine.url.render_as_string(hide_password=False)
    own = sellersync.but(SELLERSYNC_DATABASE_URL=url)
    line = one_line(own("shops"))
    upgraded = own("db", "upgrade", "--json")
    after = own("shops", "--json")

    assert "run `sellersync db upgrade`" in line
    assert upgraded.document["revision"]
    assert after.document == []


def test_an_app_that_is_not_configured_any_more(sellersync, mall):
    """The line names the variables of the app that the shop was connected with."""
    del mall
    other = sellersync.but(SELLERSYNC_TEMU__EU__APP_KEY="another-key")
    ended = other("pull", "orders", "--here")

    assert ended.status == 1
    assert "SELLERSYNC_TEMU__EU__APP_KEY" in ended.err
