"""PostgreSQL logins that stay, on a real server: what was there before stays, what a session added goes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from bench.postgres import PostgresServer

from connectors.test_postgresql import NAMES
from connectors.test_postgresql_access import PASSWORD, Server
from database_targets import DatabaseTarget
from linux_user import until
from locum.connectors.base import Step, TargetRefused
from locum.connectors.postgresql_access import PostgresConnector
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

OWN = "her own Passw0rd"


@pytest.fixture
def server(postgres_target: tuple[PostgresServer, DatabaseTarget], trusted: None) -> Iterator[Server]:
    made = Server(*postgres_target)
    made.run("CREATE SCHEMA shop")
    for name in ("one", "two"):
        made.run(f"CREATE TABLE shop.{name} (n serial)")
    yield made
    made.run("DROP SCHEMA shop CASCADE")


@pytest.fixture
def dora(server: Server) -> Iterator[str]:
    server.run(f"CREATE ROLE dora LOGIN PASSWORD '{OWN}'")
    yield "dora"
    server.run("DROP OWNED BY dora")
    server.run("DROP ROLE dora")


def session(*steps: Step) -> list[Step]:
    marker = str(uuid.uuid4())
    return [replace(step, marker=marker) for step in steps]


def own(login: str) -> Step:
    return Step("own_account", {"login": login}, "")


def managed(login: str, *, create: bool = True, delete: bool = False) -> Step:
    told = {"create": str(create).lower(), "delete": str(delete).lower()}
    return Step("managed_account", {"login": login, **told}, "", Secret(PASSWORD))


def right(kind: str, login: str, **told: str) -> Step:
    return Step(kind, {"login": login, "kept": "true", **told}, "")


async def give(server: Server, steps: list[Step]) -> list[Step]:
    """Each step is looked at first, as provisioning does; answers them with what was found."""
    done = []
    for step in steps:
        async with PostgresConnector.connect(server.target) as connector:
            step = replace(step, found=await connector.look(step))
            for _ in range(2):
                await connector.apply(step)
        done.append(replace(step, applied=True))
    return done


async def take(server: Server, steps: list[Step]) -> None:
    for step in reversed(steps):
        for _ in range(2):
            async with PostgresConnector.connect(server.target) as connector:
                await connector.revert(step)


async def test_rights_come_and_go_and_what_was_there_stays(server: Server, dora: str) -> None:
    server.run("GRANT SELECT ON shop.one TO dora")
    server.run("GRANT USAGE ON SCHEMA shop TO dora")
    server.run("GRANT pg_monitor TO dora")
    before = server.state()
    given = await give(
        server,
        session(
            own(dora),
            right("role", dora, role="pg_monitor"),
            right("role", dora, role="pg_read_all_settings"),
            right("grant", dora, on="schema", name="shop", privileges="usage, create"),
            right("grant", dora, on="tables", name="shop", privileges="SELECT, INSERT"),
            right("grant", dora, on="sequences", name="shop", privileges="USAGE"),
            right("grant", dora, on="database", name="postgres", privileges="CREATE"),
        ),
    )
    with server.login(dora, OWN) as connection:
        connection.execute("INSERT INTO shop.two VALUES (DEFAULT)")
        connection.execute("CREATE TABLE shop.hers AS SELECT 1 AS kept")
    server.run("CREATE TABLE shop.late ()")
    await take(server, given)
    with server.login(dora, OWN) as connection:
        connection.execute("SELECT * FROM shop.one")
        connection.execute("SELECT * FROM shop.hers")
        for denied in ("INSERT INTO shop.one DEFAULT VALUES", "SELECT * FROM shop.two"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(denied)
    server.run("DROP TABLE shop.hers, shop.late")
    assert server.settled(before)


async def test_who_has_said_set_role_is_thrown_out(server: Server, dora: str) -> None:
    given = await give(server, session(own(dora), right("role", dora, role="pg_read_all_settings")))
    held = server.login(dora, OWN)
    held.execute("SET ROLE pg_read_all_settings")
    await take(server, given)
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")


async def test_the_end_of_a_managed_login_ends_its_connections(server: Server, dora: str) -> None:
    given = await give(server, session(managed(dora)))
    held = server.login(dora)
    asleep = asyncio.create_task(asyncio.to_thread(held.execute, "SELECT pg_sleep(60)"))
    await until(lambda: bool(server.run("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")))
    await take(server, given)
    with pytest.raises(psycopg.errors.AdminShutdown):
        await asleep
    kept = "SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = 'dora'"
    assert server.run(kept) == [(False, None)]


async def test_nobody_keeps_a_managed_login_by_its_lock(server: Server, dora: str) -> None:
    given = await give(server, session(managed(dora)))
    held = server.login(dora)
    held.execute(f"SELECT pg_advisory_lock(hashtextextended('locum-{given[0].marker}', 0))")
    await take(server, given)
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")


@pytest.mark.parametrize(
    "power", ["SUPERUSER", "CREATEROLE", "BYPASSRLS", "REPLICATION", "IN ROLE strong", "the service account"]
)
async def test_a_powerful_role_is_not_lent_nor_shut(server: Server, power: str) -> None:
    server.run("CREATE ROLE strong SUPERUSER")
    name = server.target.username if power == "the service account" else "mighty"
    if name == "mighty":
        server.run(f"CREATE ROLE mighty LOGIN PASSWORD '{OWN}' {power}")
    before = server.state()
    try:
        (step,) = session(managed(name, delete=True))
        async with PostgresConnector.connect(server.target) as connector:
            step = replace(step, found=await connector.look(step))
            with pytest.raises(TargetRefused, match=r"power|superuser|own way in"):
                await connector.apply(step)
            await connector.revert(step)
        assert server.settled(before)
    finally:
        server.run("DROP ROLE IF EXISTS mighty")
        server.run("DROP ROLE strong")


async def test_one_that_became_powerful_is_shut_all_the_same(server: Server, dora: str) -> None:
    given = await give(server, session(managed(dora)))
    server.run("ALTER ROLE dora SUPERUSER")
    await take(server, given)
    server.run("ALTER ROLE dora NOSUPERUSER")
    with pytest.raises(psycopg.OperationalError, match=r"not permitted to log in|authentication failed"):
        server.login(dora)


async def test_a_login_of_another_session_is_nobodys_own(server: Server, dora: str) -> None:
    server.run(f"COMMENT ON ROLE dora IS 'locum-{uuid.uuid4()}'")
    for step in (own(dora), managed(dora)):
        with pytest.raises(TargetRefused, match="another session's"):
            await give(server, session(step))


async def test_what_somebody_else_made_meanwhile_is_left_alone(server: Server) -> None:
    (step,) = session(managed("dora", delete=True))
    async with PostgresConnector.connect(server.target) as connector:
        step = replace(step, found=await connector.look(step))
        server.run(f"CREATE ROLE dora LOGIN PASSWORD '{OWN}'")
        try:
            with pytest.raises(TargetRefused, match="made by somebody else"):
                await connector.apply(step)
            await connector.revert(step)
            server.login("dora", OWN).close()
        finally:
            server.run("DROP ROLE dora")


async def test_a_renamed_login_is_found(server: Server, dora: str) -> None:
    given = await give(server, session(managed(dora), right("role", dora, role="pg_monitor")))
    server.run("ALTER ROLE dora RENAME TO other_name")
    await take(server, given)
    assert server.run("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'other_name'") == [(False,)]
    assert not server.run("SELECT 1 FROM pg_auth_members WHERE member = 'other_name'::regrole")
    server.run("ALTER ROLE other_name RENAME TO dora")


async def test_a_step_that_was_never_looked_at_undoes_nothing(server: Server, dora: str) -> None:
    server.run("GRANT pg_monitor TO dora")
    before = server.state()
    await take(server, session(managed(dora, delete=True), right("role", dora, role="pg_monitor")))
    assert server.settled(before)


@pytest.mark.parametrize("name", NAMES)
async def test_hostile_names_are_names(server: Server, name: str) -> None:
    """As logins, roles, schemas and tables alike (SEC-18, SEC-19)."""
    other, where = f"r{name}"[:60], f"s{name}"[:60]
    before = server.state()
    server.run("CREATE ROLE {}", other)
    server.run("CREATE SCHEMA {}", where)
    server.run("CREATE TABLE {}.{} ()", where, other)
    try:
        given = await give(
            server,
            session(
                managed(name, delete=True),
                right("role", name, role=other),
                right("grant", name, on="schema", name=where, privileges="USAGE"),
                right("grant", name, on="tables", name=where, privileges="SELECT"),
            ),
        )
        with server.login(name) as connection:
            shown = connection.execute(
                "SELECT current_user, pg_has_role(%s, 'MEMBER'), has_schema_privilege(%s, 'USAGE')", (other, where)
            )
            assert shown.fetchone() == (name, True, True)
        await take(server, given)
    finally:
        server.run("DROP SCHEMA {} CASCADE", where)
        server.run("DROP ROLE {}", other)
    assert server.settled(before)
