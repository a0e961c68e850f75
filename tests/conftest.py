"""Fixtures every test may use."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import locum
from hosts import linux_hosts  # noqa: F401 - a fixture
from locum.kit.db import Database, metadata, open_database, sqlite_url
from postgres import PostgresServer, postgres_server


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once for each kind."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "locum.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database with every table, once for each kind."""
    for module in pkgutil.walk_packages(locum.__path__, "locum."):
        if module.name.endswith((".model", ".jobs")):
            importlib.import_module(module.name)
    opened = open_database(database_url)
    with opened.engine.begin() as connection:
        metadata.create_all(connection)
    yield opened
    opened.close()
