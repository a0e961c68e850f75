"""The statements of the service account, on a real PostgreSQL."""

from __future__ import annotations

import pytest
from bench.postgres import PostgresServer

from connectors.test_postgresql_access import Server
from database_targets import DatabaseTarget
from locum.connectors.base import Step
from locum.connectors.postgresql import PostgresKeeper
from locum.connectors.postgresql_statements import Missing, Statements, mark_of

pytestmark = pytest.mark.anyio


async def test_names_are_quoted_and_what_is_missing_is_told_apart(
    postgres_target: tuple[PostgresServer, DatabaseTarget], trusted: None
) -> None:
    target = Server(*postgres_target).target
    async with PostgresKeeper.connect(target) as server:
        on = Statements(target, server)
        with pytest.raises(Missing, match="does not exist"):
            await on.execute("TABLE {}", 'x" ; y')
        assert await on.rows("SELECT %(value)s", value="'") == [("'",)]


async def test_a_lock_is_taken_once(postgres_target: tuple[PostgresServer, DatabaseTarget], trusted: None) -> None:
    target = Server(*postgres_target).target
    step = Step("own_account", {"login": "x"}, "00000000-0000-4000-8000-000000000000")
    assert mark_of(step) == "locum-00000000-0000-4000-8000-000000000000"
    async with PostgresKeeper.connect(target) as server:
        on = Statements(target, server)
        for _ in range(2):
            await on.lock(step)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert await on.rows(held) == [(1,)]
