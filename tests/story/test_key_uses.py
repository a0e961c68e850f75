"""How often an API key was used, as a server that stops, goes on or is killed writes it down (SEC-30)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from bench.postgres import PostgresServer

from installation import Installation, status
from locum.identities import api_keys
from locum.identities.api_keys import ApiKey
from locum.identities.key_usage import INTERVAL_S
from locum.kit.db import open_database, sqlite_url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    url = None
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create()
    installation = Installation(tmp_path / "data", database_url=url)
    assert installation.init().returncode == 0
    installation.start()
    assert installation.healthy(), installation.log()
    yield installation
    installation.kill()


def kept(made: Installation, key_id: str) -> ApiKey:
    """The key's row, as another process finds it."""
    database = open_database(made.database_url or sqlite_url(made.data / "locum.db"))
    try:
        return database.submit_read(api_keys.get, UUID(key_id)).result()
    finally:
        database.close()


def counted(made: Installation, key_id: str, uses: int) -> None:
    """Wait until that many uses are written down: one interval, and what a slow machine takes besides."""
    deadline = time.monotonic() + INTERVAL_S + 15
    while kept(made, key_id).use_count != uses:
        assert time.monotonic() < deadline, kept(made, key_id)
        time.sleep(0.1)


def test_uses_are_written_down_while_it_runs_and_when_it_stops(made: Installation) -> None:
    key, robot = made.application(made.admin())
    assert [status(robot) for _ in range(5)] == [200] * 5
    counted(made, key, 5)
    found = kept(made, key)
    assert found.last_used_from == "127.0.0.1"
    assert found.last_used_at is not None
    assert [status(robot) for _ in range(3)] == [200] * 3
    assert made.stop() == 0
    assert kept(made, key).use_count == 8
    made.start()
    assert made.healthy(), made.log()
    assert status(robot) == 200
    assert made.stop() == 0
    assert kept(made, key).use_count == 9


def test_a_kill_loses_the_last_seconds_and_never_a_use_of_a_limited_key(made: Installation) -> None:
    admin = made.admin()
    key, robot = made.application(admin)
    limited, guest = made.application(admin, "guest", maxUses=5)
    assert [status(robot) for _ in range(4)] == [200] * 4
    counted(made, key, 4)
    assert [status(guest) for _ in range(3)] == [200] * 3
    assert [status(robot) for _ in range(3)] == [200] * 3
    made.kill()
    assert kept(made, limited).use_count == 3
    assert 4 <= kept(made, key).use_count <= 7
    made.start()
    assert made.healthy(), made.log()
    assert [status(guest) for _ in range(3)] == [200, 200, 401]
    made.kill()
    assert kept(made, limited).use_count == 5
