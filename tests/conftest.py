"""Fixtures every test may use."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from bench.postgres import PostgresServer, postgres_server
from hypothesis import HealthCheck, settings

import locum
from database_targets import database_authority, mariadb_target, postgres_target  # noqa: F401 - fixtures
from hosts import linux_hosts  # noqa: F401 - a fixture
from locum.kit.db import Database, metadata, open_database, sqlite_url
from secret_server import secret_server  # noqa: F401 - a fixture

# Every table is known before any test looks, whichever tests run.
for _module in pkgutil.walk_packages(locum.__path__, "locum."):
    if _module.name.endswith(("model", ".jobs")):
        importlib.import_module(_module.name)


# httpx looks for it at each request inside of a process, in every folder of the path. Nobody here has it.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

# How fast examples are made says nothing where other tests share the machine.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

DATABASES = ("sqlite", "postgresql")
# A sixth of the rooms' tests of storage is repeated on PostgreSQL by `make test`, the same ones each time; all are by
# `make test-full`, and what goes through the rooms from above, but for the tests that call every operation or have
# PostgreSQL as a target.
REPEATED = frozenset({"api", "main", "security", "story"})
ON_BOTH = frozenset(
    {
        "test_hostile_input.py",
        "test_reach.py",
        "test_release_crash.py",
        "test_rotation_crash.py",
        "test_two_nodes.py",
        "test_every_row_of_a_release_survives_and_is_served",
        "test_the_migrations_make_the_tables_of_the_code",
        "test_a_migration_that_breaks_leaves_nothing",
    }
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--databases",
        choices=("all", *DATABASES),
        default="all",
        help="run tests of storage on this kind of database alone, and without PostgreSQL none that needs it",
    )


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what `-m` says
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        names = {item.path.name, getattr(item, "originalname", "")}
        if _needs(item) == "postgresql" and names.isdisjoint(ON_BOTH) and not _in_slice(item):
            item.add_marker(pytest.mark.full)
    chosen = config.getoption("databases")
    if chosen == "all":
        return
    dropped = [item for item in items if _needs(item) not in (None, chosen)]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if _needs(item) in (None, chosen)]


def _in_slice(item: pytest.Item) -> bool:
    """Whether this repetition on PostgreSQL is one of `make test`; one that has no other database always is."""
    if item.path.parent.name in REPEATED:
        return False
    return (
        not hasattr(item, "callspec")
        or "database_url" not in item.callspec.params
        or crc32(item.nodeid.encode()) % 6 == 0
    )


def _needs(item: pytest.Item) -> str | None:
    """The kind of database without which this test can't run."""
    if not {"postgres", "postgres_target"}.isdisjoint(getattr(item, "fixturenames", ())):
        return "postgresql"
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return None
    return callspec.params.get("database_url", callspec.params.get("installed"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every table, to be copied."""
    file = tmp_path_factory.mktemp("tables") / "locum.db"
    _create_tables(sqlite_url(file))
    return file


@pytest.fixture(scope="session")
def postgres_with_tables(postgres: PostgresServer) -> str:
    """A PostgreSQL database with every table, to be copied."""
    url = postgres.create()
    _create_tables(url)
    return url


def _create_tables(url: str) -> None:
    opened = open_database(url)
    with opened.engine.begin() as connection:
        metadata.create_all(connection)
    opened.close()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with every table, once for each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("with_tables"), tmp_path / "locum.db")
        yield sqlite_url(tmp_path / "locum.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create(template=request.getfixturevalue("postgres_with_tables"))
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database with every table, once for each kind."""
    opened = open_database(database_url)
    yield opened
    opened.close()
