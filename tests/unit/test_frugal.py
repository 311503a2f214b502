"""What libraries load to no use stays out of a worker's memory, and usable for others."""

import subprocess
import sys
import types

from config.frugal import import_without

UNUSED = {"rich", "tornado", "charset_normalizer"}


def test_a_workers_own_code_loads_none_of_it():
    """Whatever order our modules are imported in, as the packages come first."""
    program = "import worker.runtime, sys; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )

    assert UNUSED.isdisjoint(ended.stdout.split())
    assert not ended.stderr


def test_whoever_wants_it_gets_it_afterwards(monkeypatch):
    """Known before or not."""
    known = types.ModuleType("known_before")
    monkeypatch.setitem(sys.modules, "known_before", known)

    import_without("json", "known_before")
    import_without("json", "never_known")

    assert sys.modules["known_before"] is known
    assert "never_known" not in sys.modules
