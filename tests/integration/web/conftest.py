"""A web face and a sandbox in threads of this process, which know each other's addresses."""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import uvicorn

from config.settings import Settings
from worker.runtime import Runtime, build_runtime
from worker.sandbox.environment import settings_environment
from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import running
from worker.web.app import build_app


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFace:
    """One installation with its web face, pointed at a sandbox of its own."""

    url: str
    sandbox: str
    here: Runtime
    http: requests.Session = field(default_factory=requests.Session)

    def link(self, app: str = "tiktok_shop") -> str:
        """Make a link for a seller, as an operator does on the page."""
        token = re.search(
            r'name="form_token" value="([^"]+)"', self.get("/connect").text
        )
        assert token is not None
        app_id = next(
            found.app_id
            for _, found in self.here.apps.apps
            if found.app_id.startswith(app)
        )
        made = self.http.post(
            f"{self.url}/connect",
            data={"form_token": token[1], "app_id": app_id},
            timeout=30,
        )
        shown = re.search(r"<textarea[^>]*>([^<]+)</textarea>", made.text)
        assert shown is not None, made.text
        return unescape(shown[1])

    def state(self, app: str = "tiktok_shop") -> str:
        """Make a link and return its state."""
        return parse_qs(urlsplit(self.link(app)).query)["state"][0]

    def get(self, path: str, **query: str) -> requests.Response:
        """Open a page."""
        return self.http.get(f"{self.url}{path}", params=query, timeout=30)

    def sellers(self) -> Any:
        """Return the sandbox's sellers, with codes that are valid now."""
        return self.http.get(f"{self.sandbox}/sellers", timeout=30).json()

    def stats(self) -> Any:
        """Return what the sandbox's marketplaces were asked."""
        return self.http.get(f"{self.sandbox}/stats", timeout=30).json()["apps"]

    def control(self, **orders: object) -> None:
        """Tell the sandbox how to behave."""
        self.http.post(
            f"{self.sandbox}/control", json=orders, timeout=30
        ).raise_for_status()


@pytest.fixture(scope="module")
def new_web_face(
    tmp_path_factory: pytest.TempPathFactory, valkey_url: str
) -> Iterator[Callable[..., WebFace]]:
    """Make web faces; they end with the module."""
    ends = ExitStack()

    def make(options: SandboxOptions | None = None, **settings: str) -> WebFace:
        home = tmp_path_factory.mktemp("web")
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # A seed of its own, so apps of its own: the Valkey and its budgets are shared.
        options = options or SandboxOptions(
            seed=listener.getsockname()[1],
            tiktok_sellers=6,
            temu_malls_per_zone=3,
            orders_per_shop=5,
            products_per_shop=3,
            tiktok_rps=200,
            temu_rps=200,
            callback_base=url,
        )
        sandbox_url = ends.enter_context(running(options))
        here = _runtime(
            home, valkey_url, settings_environment(sandbox_url, options), settings
        )
        server = uvicorn.Server(
            uvicorn.Config(build_app(here), log_config=None, lifespan="on")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()
            here.close()

        ends.callback(end)
        return WebFace(url=url, sandbox=sandbox_url, here=here)

    with ends:
        yield make


def _runtime(
    home: Path, valkey_url: str, environment: dict[str, str], settings: dict[str, str]
) -> Runtime:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SELLERSYNC_")]:
            patch.delenv(name)
        patch.chdir(home)
        named = {f"SELLERSYNC_{name}": value for name, value in settings.items()}
        wanted = {
            **environment,
            "SELLERSYNC_HOME": str(home),
            "SELLERSYNC_REDIS_URL": valkey_url,
            **named,
        }
        for name, value in wanted.items():
            patch.setenv(name, value)
        return build_runtime(Settings())


@pytest.fixture(scope="module")
def web(new_web_face: Callable[..., WebFace]) -> WebFace:
    """Return one web face for all tests of a module: use sellers of your own."""
    return new_web_face()
