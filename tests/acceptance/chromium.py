"""The Chromium of this machine, driven by a test; nothing of it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, HttpCredentials, sync_playwright

EXECUTABLE = Path("/usr/bin/chromium")
# Nothing but our own pages is to be asked for.
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--no-proxy-server"),
    *("--disable-component-update", "--disable-sync"),
)

needs_chromium = pytest.mark.skipif(
    not EXECUTABLE.exists(),
    reason=f"there is no {EXECUTABLE}; on Debian: apt-get install chromium",
)


@contextmanager
def running_chromium(
    profile: Path, *, logged_in: HttpCredentials | None = None
) -> Iterator[BrowserContext]:
    """Run it with an empty profile, and with a password for whoever asks for one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=EXECUTABLE,
            args=[*_FLAGS],
            http_credentials=logged_in,
            viewport={"width": 1280, "height": 900},
        )
        try:
            yield browser
        finally:
            browser.close()
