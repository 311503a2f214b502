"""A runtime with connected sellers of a sandbox, and the webhook addresses over HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
import requests
import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette

from config.settings import Settings
from tests.deliveries import delivery_of
from worker.domain.identity import App
from worker.domain.notifications import Delivery
from worker.runtime import Runtime, build_runtime
from worker.sandbox.environment import settings_environment
from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import running
from worker.store.database import Database
from worker.store.schema.notifications import notifications
from worker.tokens.connect import connect_by_code, connect_by_token
from worker.web.webhooks import receivers, routes

# Small, and fast enough that the budget is no part of the waiting.
OPTIONS = SandboxOptions(
    orders_per_shop=30, products_per_shop=8, tiktok_rps=200, temu_rps=200
)


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    """Serve one world to the tests of a module."""
    with running(OPTIONS) as url:
        yield url


@pytest.fixture
def here(
    sandbox_url: str,
    database: Database,
    valkey_url: str,
    tmp_path: object,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Runtime]:
    """Make a runtime on each kind of database; nobody is connected."""
    url = database.engine.url.render_as_string(hide_password=False)
    environment = settings_environment(sandbox_url, OPTIONS) | {
        "SELLERSYNC_HOME": f"{tmp_path}/home",
        "SELLERSYNC_DATABASE_URL": url,
        "SELLERSYNC_REDIS_URL": valkey_url,
        "SELLERSYNC_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "SELLERSYNC_BUDGET__PAD": "20ms",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = build_runtime(Settings())
    yield made
    made.close()


@dataclass(kw_only=True)
class Sandbox:
    """What the tests ask of the sandbox's operator."""

    url: str

    def sellers(self):
        """Return all sellers, with codes that are valid now."""
        return requests.get(f"{self.url}/sellers", timeout=10).json()

    def truth(self, stream, shop_key):
        """Return what the rows of a shop must be, by id."""
        shown = requests.get(f"{self.url}/truth", timeout=10).json()
        return shown[stream][shop_key]

    def tell(self, **orders):
        """Change how the marketplaces behave."""
        requests.post(f"{self.url}/control", json=orders, timeout=10).raise_for_status()


@pytest.fixture
def sandbox(sandbox_url: str) -> Sandbox:
    """Return the console of the sandbox."""
    return Sandbox(url=sandbox_url)


@pytest.fixture
def tiktok_shop_key(here: Runtime, sandbox: Sandbox) -> str:
    """Connect a seller of TikTok Shop; return the key of one of the shops."""
    marketplace, app = here.apps.choose("tiktok_shop", "default")
    seller = sandbox.sellers()["tiktok_shop"]["sellers"][0]
    connected = connect_by_code(here.desk, marketplace, app, seller["auth_code"])
    return connected.shops[0].shop_key


@pytest.fixture
def temu_key(here: Runtime, sandbox: Sandbox) -> str:
    """Connect a mall of Temu; return its key."""
    marketplace, app = here.apps.choose("temu", "eu")
    (mall,) = sandbox.sellers()["temu"]["eu"]["malls"]
    connected = connect_by_token(here.desk, marketplace, app, mall["access_token"])
    return connected.shops[0].shop_key


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> str:
    """Return a connected shop of one marketplace after the other."""
    key: str = request.getfixturevalue(request.param)
    return key


@dataclass(kw_only=True)
class Receiver:
    """The addresses over HTTP, and what they have kept."""

    url: str
    here: Runtime
    hints: list[str] = field(default_factory=list)

    def app(self, name: str) -> App:
        """Return one of the apps."""
        zone = "default" if name == "tiktok_shop" else "eu"
        return self.here.apps.choose(name, zone)[1]

    def deliver(self, name, **about) -> int:
        """Let the marketplace post; return the answer's status."""
        values = {"order_id": "1", "shop_id": "9", **about}
        return self.post(name, delivery_of(self.app(name), **values))

    def forge(self, name: str) -> int:
        """Let somebody post who does not know the secret."""
        app = replace(self.app(name), app_secret="guessed-0123456789")
        return self.post(name, delivery_of(app, order_id="1", shop_id="9"))

    def post(self, name: str, delivery: Delivery) -> int:
        """Post a delivery; return the answer's status."""
        return requests.post(
            f"{self.url}/webhooks/{name.replace('_', '-')}",
            data=delivery.body,
            headers=dict(delivery.headers),
            timeout=20,
        ).status_code

    def kept(self):
        """Return all rows, oldest first."""
        with self.here.database.read() as connection:
            return list(
                connection.execute(select(notifications).order_by(notifications.c.id))
            )


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve an application in a thread; yield its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def receiver(here: Runtime) -> Iterator[Receiver]:
    """Serve the addresses; what it tells the workers is written down."""
    hints: list[str] = []
    hint: Callable[[], None] = lambda: hints.append("hint")  # noqa: E731 -- it is short
    with serving(Starlette(routes=routes(receivers(here, hint=hint)))) as url:
        yield Receiver(url=url, here=here, hints=hints)
