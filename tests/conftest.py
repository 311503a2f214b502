"""What tests of several folders share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.postgresql import running_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Engine]:
    """Share one PostgreSQL between all tests: make databases of your own."""
    with running_postgresql() as engine:
        yield engine
