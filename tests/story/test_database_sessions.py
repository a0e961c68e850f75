"""A session on a database, from asking to gone: psql and mariadb get in with its password, and are thrown out."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from bench.postgres import PostgresServer

from connectors.test_mariadb_access import Server as MariadbTarget
from connectors.test_postgresql_access import Server as PostgresTarget
from database_stage import SERVICE, DatabaseStage, database_stage
from database_targets import Authority, DatabaseTarget, MariadbServer
from locum.connectors import postgresql
from locum.connectors.base import Step, TargetUnreachable
from locum.connectors.mariadb_access import MariadbConnector
from locum.identities.signin import Proof, SignedIn
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Forbidden, NotFound
from locum.sessions.connections import authorize_connection
from locum.sessions.lifecycle import Status
from locum.sessions.lock import Lock, set_lock
from locum.sessions.model import EntryState
from locum.sessions.password import reveal_password
from locum.sessions.withdrawn import end_withdrawn
from world import ACTOR

pytestmark = pytest.mark.anyio

SELECT = {"on": "database", "name": "orders", "privileges": "SELECT"}


@pytest.fixture
def trusted(database_authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(database_authority.file))


@pytest.fixture
def postgres_server(
    postgres_target: tuple[PostgresServer, DatabaseTarget], trusted: None
) -> Iterator[tuple[PostgresTarget, DatabaseTarget]]:
    server, target = postgres_target
    made = PostgresTarget(server, target)
    made.run(f"CREATE ROLE {SERVICE} SUPERUSER LOGIN PASSWORD '{target.password}'")
    yield made, target
    made.run(f"DROP ROLE {SERVICE}")


@pytest.fixture
def mariadb_server(mariadb_target: MariadbServer, trusted: None) -> Iterator[tuple[MariadbTarget, DatabaseTarget]]:
    made = MariadbTarget(mariadb_target)
    made.run("CREATE DATABASE orders")
    made.run(f"CREATE USER {SERVICE}@'127.0.0.1' IDENTIFIED BY %s", mariadb_target.target.password)
    made.run(f"GRANT ALL ON *.* TO {SERVICE}@'127.0.0.1' WITH GRANT OPTION")
    yield made, mariadb_target.target
    made.run(f"DROP USER {SERVICE}@'127.0.0.1'")
    made.run("DROP DATABASE orders")


def psql(port: int, authority: Authority, login: str, password: str) -> subprocess.Popen[str]:
    where = f"host=127.0.0.1 port={port} user={login} dbname=postgres sslmode=verify-full"
    command = ["psql", "-XAtw", "-v", "ON_ERROR_STOP=1", f"{where} sslrootcert={authority.file}"]
    return _client(command, {"PGPASSWORD": password})


def mariadb(port: int, authority: Authority, login: str, password: str) -> subprocess.Popen[str]:
    where = ["--protocol=tcp", "--host=127.0.0.1", f"--port={port}", f"--ssl-ca={authority.file}"]
    command = ["mariadb", "--no-defaults", "-Nn", "--skip-reconnect", *where, f"--user={login}", "orders"]
    return _client(command, {"MYSQL_PWD": password})


def _client(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def says(client: subprocess.Popen[str], query: str) -> str:
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(query + "\n")
    client.stdin.flush()
    return client.stdout.readline().strip()


async def one_session(
    stage: DatabaseStage,
    state: Callable[[], list[str]],
    settled: Callable[[list[str]], bool],
    client: Callable[[str, str], subprocess.Popen[str]],
) -> None:
    before = state()
    session_id = await stage.ask()
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.ACTIVE, await stage.log(session_id)
    assert session.key_secret_id is None
    owner = Actor(stage.world.person, "Alice")
    password = await stage.database.write(reveal_password, stage.world.vault, owner, session_id)
    running = client(session.login_name, password.reveal_text())
    assert says(running, "SELECT 40 + 2;") == "42"
    await stage.end(session_id)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE, await stage.log(session_id)
    assert await stage.states(session_id) == {EntryState.REVERTED}
    said, _ = running.communicate("SELECT 40 + 3;\n", timeout=30)
    assert "43" not in said
    assert running.returncode != 0
    again = client(session.login_name, password.reveal_text())
    assert again.communicate("SELECT 400 + 4;\n", timeout=30)[0].find("404") < 0
    assert settled(before)
    assert (await stage.session(session_id)).password_secret_id is None
    with pytest.raises(Forbidden, match="not active"):
        await stage.database.write(reveal_password, stage.world.vault, owner, session_id)


async def test_postgresql(
    database: Database,
    tmp_path: Path,
    postgres_server: tuple[PostgresTarget, DatabaseTarget],
    database_authority: Authority,
) -> None:
    server, target = postgres_server
    grant = {"on": "schema", "name": "public", "privileges": "CREATE, USAGE"}
    actions = [("role", {"role": "pg_monitor"}), ("grant", grant)]
    stage = await database_stage(database, tmp_path, target, "postgresql", actions)
    await one_session(
        stage,
        server.state,
        server.settled,
        lambda login, password: psql(target.port, database_authority, login, password),
    )


async def test_mariadb(
    database: Database,
    tmp_path: Path,
    mariadb_server: tuple[MariadbTarget, DatabaseTarget],
    database_authority: Authority,
) -> None:
    server, target = mariadb_server
    stage = await database_stage(database, tmp_path, target, "mariadb", [("grant", SELECT)])
    await one_session(
        stage,
        server.state,
        server.settled,
        lambda login, password: mariadb(target.port, database_authority, login, password),
    )


async def test_whoever_is_locked_is_thrown_out(
    database: Database,
    tmp_path: Path,
    postgres_server: tuple[PostgresTarget, DatabaseTarget],
    database_authority: Authority,
) -> None:
    server, target = postgres_server
    before = server.state()
    stage = await database_stage(database, tmp_path, target, "postgresql", [])
    session_id = await stage.ask()
    await stage.turn()
    owner = Actor(stage.world.person, "Alice")
    password = await database.write(reveal_password, stage.world.vault, owner, session_id)
    login = (await stage.session(session_id)).login_name
    running = psql(target.port, database_authority, login, password.reveal_text())
    assert says(running, "SELECT 40 + 2;") == "42"
    await database.write(set_lock, ACTOR, Lock((session_id,), True, owners=True))
    assert await database.write(end_withdrawn, session_id)
    await stage.turn()
    said, _ = running.communicate("SELECT 40 + 3;\n", timeout=30)
    assert "43" not in said
    assert (await stage.session(session_id)).status == Status.CANCELLED
    assert server.settled(before)


async def test_a_right_that_can_not_be_given_leaves_nothing(
    database: Database, tmp_path: Path, postgres_server: tuple[PostgresTarget, DatabaseTarget]
) -> None:
    """SES-05: the session fails, the login is gone, the log says why."""
    server, target = postgres_server
    before = server.state()
    stage = await database_stage(database, tmp_path, target, "postgresql", [("role", {"role": "no such role"})])
    session_id = await stage.ask()
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.FAILED
    assert 'role "no such role" does not exist' in await stage.log(session_id)
    assert server.settled(before)


async def test_two_sessions_do_not_know_each_others_password(
    database: Database, tmp_path: Path, postgres_server: tuple[PostgresTarget, DatabaseTarget]
) -> None:
    _, target = postgres_server
    stage = await database_stage(database, tmp_path, target, "postgresql", [])
    first, second = await stage.ask(), await stage.ask()
    begun = time.monotonic()
    await stage.turn()
    assert time.monotonic() - begun < 20

    async def password(session_id: UUID, owner: UUID) -> str:
        actor = Actor(owner, "somebody")
        shown = await database.write(reveal_password, stage.world.vault, actor, session_id)
        return shown.reveal_text()

    mine = stage.world.person
    assert await password(first, mine) == await password(first, mine) != await password(second, mine)
    for who in (stage.world.stranger, ACTOR.id):
        with pytest.raises(NotFound):
            await password(first, who)  # type: ignore[arg-type]
    for session_id in (first, second):
        await stage.end(session_id)
    await stage.turn()


async def test_a_server_that_stands_still_or_starts_anew_loses_no_revocation(
    database: Database,
    tmp_path: Path,
    postgres_server: tuple[PostgresTarget, DatabaseTarget],
    database_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, target = postgres_server
    before = server.state()
    stage = await database_stage(database, tmp_path, target, "postgresql", [("role", {"role": "pg_monitor"})])
    session_id = await stage.ask()
    await stage.turn()
    await stage.end(session_id)
    monkeypatch.setattr(postgresql, "CONNECT_TIMEOUT_S", 1)
    target.freeze()
    try:
        await stage.turn()
        assert (await stage.session(session_id)).status == Status.CANCELLING
        assert "access could not be taken away yet" in await stage.log(session_id)
    finally:
        target.thaw()
    monkeypatch.undo()
    monkeypatch.setenv("SSL_CERT_FILE", str(database_authority.file))
    server.server.control("restart")
    await asyncio.sleep(1.1)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE, await stage.log(session_id)
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert server.settled(before)


async def test_a_server_that_starts_anew_while_access_is_made(
    database: Database,
    tmp_path: Path,
    mariadb_server: tuple[MariadbTarget, DatabaseTarget],
    mariadb_target: MariadbServer,
) -> None:
    server, target = mariadb_server
    before = server.state()
    stage = await database_stage(database, tmp_path, target, "mariadb", [("grant", SELECT)])
    apply, applied = MariadbConnector.apply, []

    async def interrupted(self: MariadbConnector, step: Step) -> str:
        if not applied:
            applied.append(step)
            await apply(self, step)
            mariadb_target.restart()
            raise TargetUnreachable("the test restarted it")
        return await apply(self, step)

    MariadbConnector.apply = interrupted  # type: ignore[method-assign]
    try:
        session_id = await stage.ask()
        await stage.turn()
        assert (await stage.session(session_id)).status == Status.PENDING
        await asyncio.sleep(1.1)
        await stage.turn()
    finally:
        MariadbConnector.apply = apply  # type: ignore[method-assign]
    assert (await stage.session(session_id)).status == Status.ACTIVE, await stage.log(session_id)
    await stage.end(session_id)
    await stage.turn()
    assert server.settled(before)


async def test_the_ssh_gate_is_shut_for_it(
    database: Database, tmp_path: Path, postgres_server: tuple[PostgresTarget, DatabaseTarget]
) -> None:
    _, target = postgres_server
    stage = await database_stage(database, tmp_path, target, "postgresql", [])
    session_id = await stage.ask()
    await stage.turn()
    who = SignedIn(stage.world.person, "Alice", Proof.PASSWORD)
    with pytest.raises(Forbidden, match="on a database"):
        await database.write(
            authorize_connection, stage.world.vault, session_id=session_id, who=who, address="192.0.2.1", node="n"
        )
    await stage.end(session_id)
    await stage.turn()
