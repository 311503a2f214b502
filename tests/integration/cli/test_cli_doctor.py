"""`sellersync doctor` against sound and broken set-ups, all of them real."""

import socket
from collections.abc import Iterator

import pytest
import redis
import requests
from cryptography.fernet import Fernet
from sqlalchemy import create_engine

from tests.integration.cli.conftest import Installation, SandboxConsole
from tests.integration.cli.surgery import Surgery
from worker.sandbox.environment import settings_environment
from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import running
from worker.store.database import Database
from worker.store.upgrade import upgrade

pytestmark = pytest.mark.integration

OPTIONS = SandboxOptions(
    tiktok_sellers=3,
    temu_malls_per_zone=2,
    orders_per_shop=4,
    products_per_shop=3,
    tiktok_rps=200,
    temu_rps=200,
)
SHOP_NAMES = {"token", "orders", "products"}
APP_NAMES = {"app", "ip allow list", "clock"}


@pytest.fixture(scope="module")
def surgery(
    valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Surgery]:
    """Serve a world of this module's own; what a test breaks for good is one seller's."""
    folder = tmp_path_factory.mktemp("doctor")
    with running(OPTIONS) as url:
        surgery = Surgery(
            Installation(
                folder=folder,
                environment={
                    **settings_environment(url, OPTIONS),
                    "SELLERSYNC_HOME": str(folder / "home"),
                    "SELLERSYNC_REDIS_URL": valkey_url,
                },
            ),
            SandboxConsole(url=url),
        )
        surgery.connect()
        yield surgery


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Listen, take connections, and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_what_is_sound_is_ok_and_a_missing_worker_is_not(surgery):
    """Every app and server of a healthy set-up; only nobody works on it."""
    diagnosis = surgery.doctor()
    everywhere = diagnosis.verdicts("")

    for app in ("tiktok_shop", "temu:us", "temu:eu", "temu:global"):
        about = surgery.app_id(app)
        assert diagnosis.verdicts(about) == dict.fromkeys(APP_NAMES, "ok")
    # Some sellers may have gone in other tests.
    assert everywhere.pop("sellers") in {"ok", "warn"}
    assert everywhere == {
        "settings": "ok",
        "database": "ok",
        "database schema": "ok",
        "database clock": "ok",
        "redis": "ok",
        "redis eviction": "ok",
        "redis persistence": "warn",
        "encryption keys": "ok",
        "workers": "fail",
        "queues": "skipped",
        "beat": "skipped",
    }
    assert "celery -A worker.app worker" in diagnosis.one("workers")["remedy"]


def test_a_sound_shop(surgery):
    """Its token works and both of its streams are readable."""
    for key in (surgery.tiktok_shop(0), surgery.mall("eu")):
        diagnosis = surgery.doctor("--shop", key)
        about = {found["about"] for found in diagnosis.findings}

        assert diagnosis.verdicts(key) == dict.fromkeys(SHOP_NAMES, "ok")
        # Nothing about other apps and shops.
        assert len(about) == 3


def test_lines_for_people(surgery):
    """The same as lines: verdict, what, text, and what to do."""
    ended = surgery.installation("doctor", "--shop", surgery.mall("eu"))

    lines = ended.out.splitlines()
    assert ended.status == 1
    assert lines[0] == "ok       settings: apps that are configured: 4"
    assert any(
        line.startswith(f"ok       token {surgery.mall('eu')}: it works, until ")
        for line in lines
    )
    assert any(
        line.startswith("fail     workers: no worker answers → start one: ")
        for line in lines
    )
    assert ended.err == "sellersync: 1 of 17 checks failed, 2 could not be made\n"


@pytest.mark.parametrize("app", ["tiktok_shop", "temu:eu"])
def test_a_wrong_app_secret(surgery, app):
    """The app fails, its shops are not tried, and the other apps are fine."""
    variable = f"{app.upper().replace(':', '__')}__APP_SECRET"
    diagnosis = surgery.doctor(**{variable: "hunter2" * 5})

    about = surgery.app_id(app)
    key = surgery.mall("eu") if ":" in app else surgery.tiktok_shop(0)
    verdicts = diagnosis.verdicts(about)
    assert (verdicts["app"], verdicts["ip allow list"]) == ("fail", "skipped")
    assert "app" in diagnosis.one("app", about)["remedy"]
    assert diagnosis.verdicts(key) == dict.fromkeys(SHOP_NAMES, "skipped")
    assert diagnosis.verdicts(surgery.app_id("temu:us"))["app"] == "ok"


def test_a_revoked_token(surgery):
    """Of both marketplaces: the seller has to authorise again."""
    surgery.console.tell(revoke=surgery.tiktok[2]["open_id"])
    surgery.console.tell(revoke=surgery.malls["global"][0]["mall_id"])
    for key in (surgery.tiktok_shop(2), surgery.mall("global")):
        diagnosis = surgery.doctor("--shop", key)

        assert diagnosis.verdicts(key) == {
            "token": "fail",
            "orders": "skipped",
            "products": "skipped",
        }
        remedy = diagnosis.one("token", key)["remedy"]
        assert "sellersync authorize-url" in remedy


def test_a_dead_authorization_costs_no_call(surgery):
    """Once it is known that only the seller can help, the doctor only repeats it."""
    key = surgery.mall("us")
    surgery.console.tell(revoke=surgery.malls["us"][0]["mall_id"])
    surgery.installation("refresh", "--shop", key, "--force", "--here")
    surgery.console.tell(reset_stats=True)
    diagnosis = surgery.doctor("--shop", key)
    everybody = surgery.doctor()
    stats = requests.get(f"{surgery.console.url}/stats", timeout=10).json()

    assert diagnosis.verdicts(key)["token"] == "fail"
    assert "needs_reauthorization" in diagnosis.one("token", key)["text"]
    assert "have to authorise again" in everybody.one("sellers")["text"]
    # Both examinations showed a made-up code; nobody showed the dead token.
    refused = stats["apps"][surgery.app_id("temu:us")]["refused"]
    assert refused["110020002"] == 2
    assert "3000031" not in refused


@pytest.mark.parametrize("marketplace", ["tiktok_shop", "temu"])
def test_a_missing_scope_fails_its_stream_only(surgery, marketplace):
    """Orders are not readable; products are, and the token works."""
    if marketplace == "tiktok_shop":
        key, owner = surgery.tiktok_shop(1), surgery.tiktok[1]["open_id"]
        scope = "seller.order.info"
    else:
        key, owner = surgery.mall("eu", 1), surgery.malls["eu"][1]["mall_id"]
        # Not needed for pages, but for orders that a webhook tells of.
        scope = "bg.order.detail.v2.get"
    surgery.console.tell(drop_scope={"owner": owner, "scope": scope})
    diagnosis = surgery.doctor("--shop", key)

    assert diagnosis.verdicts(key) == {
        "token": "ok",
        "orders": "fail",
        "products": "ok",
    }
    assert "permission" in diagnosis.one("orders", key)["remedy"]


def test_an_address_that_is_not_on_the_allow_list(surgery):
    """It is told apart from a wrong key, for both marketplaces."""
    surgery.console.tell(refuse_addresses=True)
    try:
        diagnosis = surgery.doctor()
    finally:
        surgery.console.tell(refuse_addresses=False)

    for app in ("tiktok_shop", "temu:eu"):
        about = surgery.app_id(app)
        assert diagnosis.verdicts(about) == {
            "app": "skipped",
            "ip allow list": "fail",
            "clock": "ok",
        }
        remedy = diagnosis.one("ip allow list", about)["remedy"]
        assert "IP allow list" in remedy


@pytest.mark.parametrize(
    ("offset", "verdict", "text"),
    [
        (12, "warn", "ours is 12 s behind that of"),
        (400, "fail", "ours is 400 s behind that of"),
        (-45, "fail", "ours is 45 s ahead of that of"),
    ],
)
def test_a_skewed_clock(surgery, offset, verdict, text):
    """The clock is told, and calls still come through, signed by the server's time."""
    surgery.console.tell(clock_offset_seconds=offset)
    try:
        diagnosis = surgery.doctor("--shop", surgery.tiktok_shop(0))
    finally:
        surgery.console.tell(clock_offset_seconds=0)

    about = surgery.app_id("tiktok_shop")
    clock = diagnosis.one("clock", about)
    seconds = int(clock["text"].split()[2])
    assert clock["verdict"] == verdict
    # Some seconds of a busy machine may lie between the two readings.
    assert abs(seconds - abs(offset)) <= 2
    assert text.split(" s ")[1] in clock["text"]
    assert diagnosis.verdicts(about)["app"] == "ok"
    assert diagnosis.verdicts(surgery.tiktok_shop(0))["token"] == "ok"


def test_an_expired_token_is_told_and_not_refreshed(surgery):
    """The doctor changes nothing: whoever refreshes tokens is a worker."""
    surgery.console.tell(expire_access_tokens=True, reset_stats=True)
    key = surgery.tiktok_shop(0)
    diagnosis = surgery.doctor("--shop", key)
    stats = requests.get(f"{surgery.console.url}/stats", timeout=10).json()
    surgery.installation("refresh", "--force", "--here")

    assert diagnosis.verdicts(key)["token"] == "warn"
    assert f"--shop {key} --force" in diagnosis.one("token", key)["remedy"]
    assert not any(app.get("refreshes") for app in stats["apps"].values())
    assert surgery.doctor("--shop", key).verdicts(key)["token"] == "ok"


def test_marketplaces_that_are_away(surgery, silent_port):
    """One refuses connections, one never answers: both are told within 20 s."""
    diagnosis = surgery.doctor(
        alone=True,
        TIKTOK_SHOP__API_URL=f"http://127.0.0.1:{silent_port}",
        TIKTOK_SHOP__AUTH_URL=f"http://127.0.0.1:{silent_port}",
        TEMU__EU__API_URL="http://127.0.0.1:1/openapi/router",
    )

    assert diagnosis.took < 20
    for app in ("tiktok_shop", "temu:eu"):
        about = surgery.app_id(app)
        assert diagnosis.verdicts(about) == {
            "app": "fail",
            "ip allow list": "skipped",
            "clock": "skipped",
        }


@pytest.mark.parametrize("kind", ["refuses", "silent"])
def test_nothing_answers_at_all(surgery, silent_port, kind):
    """It is told within 20 s what is away; all else is skipped, and no password shown."""
    port = silent_port if kind == "silent" else 1
    diagnosis = surgery.doctor(
        alone=True,
        REDIS_URL=f"redis://:hunter2@127.0.0.1:{port}/0",
        DATABASE_URL=f"postgresql+psycopg://me:hunter2@127.0.0.1:{port}/db",
        TIKTOK_SHOP__API_URL=f"http://127.0.0.1:{port}",
    )

    verdicts = diagnosis.verdicts()
    assert diagnosis.took < 20
    assert (verdicts.pop("database"), verdicts.pop("redis")) == ("fail", "fail")
    assert verdicts.pop("settings") == "ok"
    assert set(verdicts.values()) == {"skipped"}
    assert f"127.0.0.1:{port}" in diagnosis.one("redis")["text"]


def test_a_redis_that_throws_away_and_forgets(surgery, own_valkey):
    """`allkeys-lru` without a limit is a warning, with one a failure; so it goes on."""
    _, url = own_valkey
    with redis.Redis.from_url(url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        harmless = surgery.doctor("--shop", "none", REDIS_URL=url).verdicts()
        client.config_set("maxmemory", "64mb")
        bad = surgery.doctor("--shop", "none", REDIS_URL=url)
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "yes")
        good = surgery.doctor("--shop", "none", REDIS_URL=url).verdicts()
        client.replicaof("127.0.0.1", 1)
        replica = surgery.doctor("--shop", "none", REDIS_URL=url)

    names = ("redis", "redis eviction", "redis persistence")
    assert [harmless[name] for name in names] == ["ok", "warn", "warn"]
    assert [bad.verdicts()[name] for name in names] == ["ok", "fail", "warn"]
    assert "noeviction" in bad.one("redis eviction")["remedy"]
    assert "appendonly yes" in bad.one("redis persistence")["remedy"]
    assert [good[name] for name in names] == ["ok", "ok", "ok"]
    assert "replica" in replica.one("redis")["text"]
    assert replica.one("redis")["verdict"] == "fail"


def test_a_redis_with_another_password(surgery, own_valkey):
    """It refuses, and the password is not repeated."""
    _, url = own_valkey
    with redis.Redis.from_url(url) as client:
        client.config_set("requirepass", "hunter2")
    other = url.replace("unix://", "unix://:hunter2-wrong@")
    diagnosis = surgery.doctor("--shop", "none", REDIS_URL=other)

    assert "refuses the password" in diagnosis.one("redis")["text"]


def test_a_database_that_is_not_migrated(surgery, empty_database):
    """`sellersync db upgrade` is the remedy; what needs the tables is skipped."""
    url = empty_database.engine.url.render_as_string(hide_password=False)
    diagnosis = surgery.doctor(DATABASE_URL=url)
    verdicts = diagnosis.verdicts()

    assert (verdicts["database"], verdicts["database schema"]) == ("ok", "fail")
    assert "sellersync db upgrade" in diagnosis.one("database schema")["remedy"]
    assert (verdicts["encryption keys"], verdicts["sellers"]) == ("skipped", "skipped")
    # What needs no tables is looked at all the same.
    assert diagnosis.verdicts(surgery.app_id("tiktok_shop"))["app"] == "ok"


def test_a_database_with_another_time(surgery, migrated_postgresql):
    """Its zone is told and does no harm; its clock does."""
    url = migrated_postgresql.render_as_string(hide_password=False)
    name = migrated_postgresql.database
    sound = surgery.doctor("--shop", "none", DATABASE_URL=url)
    engine = create_engine(
        migrated_postgresql.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        run = connection.exec_driver_sql
        run(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql "
            "AS 'SELECT pg_catalog.clock_timestamp() + interval ''90 s'''"
        )
        run(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
        run(f"ALTER DATABASE {name} SET timezone = 'Asia/Kolkata'")
        try:
            skewed = surgery.doctor("--shop", "none", DATABASE_URL=url)
        finally:
            run(f"ALTER DATABASE {name} RESET ALL")
            run("DROP FUNCTION public.clock_timestamp()")
    engine.dispose()

    assert sound.one("database clock")["verdict"] == "ok"
    clock = skewed.one("database clock")
    assert clock["verdict"] == "fail"
    assert "90.0 s ahead of ours; its time zone is Asia/Kolkata" in clock["text"]


def test_a_database_whose_tables_are_locked(surgery, migrated_postgresql):
    """Somebody upgrades it right now: the doctor does not wait for the end of that."""
    engine = create_engine(migrated_postgresql.set(drivername="postgresql+psycopg"))
    url = migrated_postgresql.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE authorizations IN ACCESS EXCLUSIVE MODE")
        diagnosis = surgery.doctor(alone=True, DATABASE_URL=url)
    engine.dispose()

    assert diagnosis.took < 20
    assert diagnosis.one("database")["verdict"] == "ok"
    assert diagnosis.one("encryption keys")["text"] == "no answer within 3 s"
    assert diagnosis.verdicts(surgery.app_id("temu:eu"))["app"] == "ok"


def test_keys_that_do_not_fit(surgery):
    """Tokens are not tried with a key that cannot open them; the app is."""
    other = Fernet.generate_key().decode()
    key = surgery.tiktok_shop(0)
    diagnosis = surgery.doctor("--shop", key, ENCRYPTION_KEYS=other)

    assert diagnosis.one("encryption keys")["verdict"] == "fail"
    assert diagnosis.verdicts(key) == dict.fromkeys(SHOP_NAMES, "skipped")
    assert diagnosis.verdicts(surgery.app_id("tiktok_shop"))["app"] == "ok"
    assert other not in diagnosis.text


def test_settings_that_are_no_settings(surgery):
    """A misspelt variable is a warning, half an app a failure, an unknown shop another."""
    diagnosis = surgery.doctor(
        "--shop", "temu:eu:1", ORDER__EVERY="1m", TEMU__US__APP_SECRET=""
    )

    said = [found for found in diagnosis.findings if found["name"] == "settings"]
    assert [found["verdict"] for found in said] == ["warn", "fail"]
    assert said[0]["remedy"] == "write SELLERSYNC_ORDERS__EVERY"
    assert "SELLERSYNC_TEMU__US__APP_SECRET" in said[1]["text"]
    assert diagnosis.one("shop", "temu:eu:1")["verdict"] == "fail"


def test_an_app_that_is_not_configured_any_more(surgery):
    """Its sellers are there, and nobody can call for them."""
    about = surgery.app_id("temu:eu")
    diagnosis = surgery.doctor(TEMU__EU__APP_KEY="another-key")

    assert "not configured" in diagnosis.one("app", about)["text"]
    assert diagnosis.verdicts("temu:eu:another-key")["app"] == "fail"
    assert diagnosis.verdicts(surgery.mall("eu")) == {}


def test_an_embedded_set_up_where_nothing_runs_has_not_failed(surgery, tmp_path):
    """Before `sellersync up` there is nothing to be wrong; the broker is gone after it."""
    fresh = Installation(folder=tmp_path, environment=surgery.installation.environment)
    fresh = fresh.but(SELLERSYNC_HOME=str(tmp_path / "home")).without_redis()
    ended = fresh("doctor", "--json")
    verdicts = {found["name"]: found["verdict"] for found in ended.document}

    assert ended.status == 0
    assert (verdicts["redis"], verdicts["workers"]) == ("ok", "warn")
    assert verdicts["app"] == "ok"


def test_the_embedded_database_is_migrated_by_the_doctor_too(surgery, tmp_path):
    """As by every command."""
    home = tmp_path / "home"
    fresh = surgery.installation.but(SELLERSYNC_HOME=str(home))
    ended = fresh("doctor", "--json")
    database = Database(f"sqlite:///{home / 'sellersync.db'}")

    assert upgrade(database)
    database.close()
    assert {"name": "database schema", "verdict": "ok"}.items() <= next(
        found for found in ended.document if found["name"] == "database schema"
    ).items()
