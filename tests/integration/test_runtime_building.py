"""What is opened before a runtime turns out to be unusable is closed again."""

from pathlib import Path

import pytest

from config.settings import Settings
from worker.domain.errors import OperatorError
from worker.runtime import build_runtime

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("name", ["ENCRYPTION_KEYS", "REDIS_URL"])
def test_what_is_refused_leaves_no_connection_behind(name, monkeypatch, tmp_path):
    """A process that tries again every second would run out of them."""
    monkeypatch.setenv("SELLERSYNC_HOME", str(tmp_path))
    monkeypatch.setenv("SELLERSYNC_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv(f"SELLERSYNC_{name}", "nonsense")

    with pytest.raises(OperatorError, match=name):
        build_runtime(Settings())

    assert open_below(tmp_path) == []


def open_below(folder):
    """Return the files of a folder that this process has open."""
    return [
        target
        for number in Path("/proc/self/fd").iterdir()
        if (target := str(number.resolve())).startswith(str(folder))
    ]
