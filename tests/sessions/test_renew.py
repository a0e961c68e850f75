"""A database login follows its session's end; on a real PostgreSQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from bench.postgres import PostgresServer

from connectors.test_postgresql_access import Server
from database_stage import SERVICE, DatabaseStage, database_stage
from database_targets import Authority, DatabaseTarget
from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, access_session
from locum.sessions.transition import JOB

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(
    postgres_target: tuple[PostgresServer, DatabaseTarget],
    database_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Server]:
    monkeypatch.setenv("SSL_CERT_FILE", str(database_authority.file))
    made = Server(*postgres_target)
    made.run(f"CREATE ROLE {SERVICE} SUPERUSER LOGIN PASSWORD '{postgres_target[1].password}'")
    yield made
    made.run(f"DROP ROLE {SERVICE}")


async def put_off(stage: DatabaseStage, session_id: UUID, minutes: int) -> None:
    def change(tx: Tx) -> None:
        end = tx.now + dt.timedelta(minutes=minutes)
        tx.run(sa.update(access_session).where(access_session.c.id == session_id).values(scheduled_end=end))
        jobs.schedule(tx, JOB, session_id, due_at=tx.now)

    await stage.database.write(change)
    await stage.turn()


async def test_a_session_that_is_put_off_has_a_login_that_lasts_as_long(
    database: Database,
    tmp_path: Path,
    postgres_target: tuple[PostgresServer, DatabaseTarget],
    server: Server,
) -> None:
    stage = await database_stage(database, tmp_path, postgres_target[1], "postgresql", [])
    session_id = await stage.ask()
    await stage.turn()

    async def agree() -> None:
        session = await stage.session(session_id)
        assert session.status == Status.ACTIVE
        until = server.run("SELECT rolvaliduntil FROM pg_roles WHERE rolname LIKE 'alice-%'")
        assert until == [(session.scheduled_end,)]
        assert await stage.states(session_id) == {EntryState.APPLIED}

    await agree()
    await put_off(stage, session_id, 300)
    await agree()
    await put_off(stage, session_id, 20)
    await agree()
    server.run(f"ALTER ROLE {SERVICE} NOSUPERUSER")
    try:
        await put_off(stage, session_id, 40)
        assert "the login's end stays as it was" in await stage.log(session_id)
        assert (await stage.session(session_id)).status == Status.ACTIVE
    finally:
        server.run(f"ALTER ROLE {SERVICE} SUPERUSER")
    await stage.end(session_id)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE
    assert not server.run("SELECT 1 FROM pg_roles WHERE rolname LIKE 'alice-%'")
