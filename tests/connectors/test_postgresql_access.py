"""Logins of one session on a real PostgreSQL: the evidence is read by another connection."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from bench.postgres import PostgresServer
from psycopg import sql

from connectors.conformance import Conformance, Subject, apply_all, revert_all
from connectors.test_postgresql import NAMES, NO_NAMES, target_of
from database_targets import POWERLESS, DatabaseTarget
from linux_user import until
from locum.connectors.base import Step, Target, TargetRefused
from locum.connectors.postgresql_access import PostgresConnector
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

RESERVED = ("public", "none")
PASSWORD = "only for a Session 1"
STATE = (
    "SELECT rolname, rolcanlogin, rolvaliduntil::text, shobj_description(oid, 'pg_authid') FROM pg_roles",
    "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members",
    "SELECT d.datname, x.grantee::regrole::text, x.privilege_type FROM pg_database d,"
    " aclexplode(coalesce(datacl, acldefault('d', datdba))) x",
    "SELECT n.nspname, x.grantee::regrole::text, x.privilege_type FROM pg_namespace n,"
    " aclexplode(coalesce(nspacl, acldefault('n', nspowner))) x WHERE nspname !~ '^pg_'",
    "SELECT c.relname, pg_get_userbyid(relowner), x.grantee::regrole::text, x.privilege_type FROM pg_class c,"
    " aclexplode(coalesce(relacl, acldefault('r', relowner))) x WHERE relnamespace = 'public'::regnamespace",
    "SELECT usename FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> current_user",
    "SELECT gid FROM pg_prepared_xacts",
)


class Server:
    """The database server and what tests do there as its administrator."""

    def __init__(self, server: PostgresServer, target: DatabaseTarget) -> None:
        self.server = server
        self.port = target.port
        self.target = target_of(target)

    def run(self, statement: str, *names: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def state(self) -> list[str]:
        return sorted(str(row) for query in STATE for row in self.run(query) if "keeper" not in str(row[:1]))

    def settled(self, before: list[str]) -> bool:
        deadline = time.monotonic() + 5
        while (now := self.state()) != before:
            if time.monotonic() > deadline:
                print(set(before) ^ set(now))
                return False
            time.sleep(0.05)
        return True

    def login(self, login: str, password: str = PASSWORD) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=login, password=password, dbname="postgres", autocommit=True
        )

    def works(self, plan: list[Step]) -> bool:
        try:
            with self.login(plan[0].parameters["login"]) as connection:
                shown = connection.execute(
                    "SELECT count(*) FROM kept_table WHERE current_setting('data_directory') <> ''"
                )
                return shown.fetchone() == (1,)
        except psycopg.Error:
            return False


@pytest.fixture
def server(postgres_target: tuple[PostgresServer, DatabaseTarget], trusted: None) -> Iterator[Server]:
    made = Server(*postgres_target)
    made.run("CREATE TABLE IF NOT EXISTS kept_table AS SELECT 1 AS kept")
    yield made
    made.run("DROP TABLE kept_table")


def plan_of(**account: str) -> list[Step]:
    marker = str(uuid.uuid4())
    login = {"login": f"anna-{marker[:8]}"}
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat()
    return [
        Step("account", {**login, "until": later, **account}, marker, Secret(PASSWORD)),
        Step("role", {**login, "role": "pg_read_all_settings"}, marker),
        Step("grant", {**login, "on": "schema", "name": "public", "privileges": "usage"}, marker),
        Step("grant", {**login, "on": "tables", "name": "public", "privileges": "SELECT, insert"}, marker),
    ]


@pytest.fixture
def plan() -> list[Step]:
    return plan_of()


@pytest.fixture
def subject(server: Server) -> Subject:
    def foreign(plan: list[Step]) -> None:
        server.run("CREATE ROLE {} LOGIN", plan[0].parameters["login"])

    return Subject(
        connect=lambda: PostgresConnector.connect(server.target),
        plan=plan_of,
        state=server.state,
        settled=server.settled,
        works=server.works,
        foreign=foreign,
        unforeign=lambda plan: void(server.run("DROP ROLE {}", plan[0].parameters["login"])),
        signed_in=lambda plan: server.login(plan[0].parameters["login"]),
    )


def void(_: object) -> None:
    return


class TestConformance(Conformance):
    pass


async def test_open_connections_end_with_the_login(server: Server, subject: Subject, plan: list[Step]) -> None:
    before = server.state()
    await apply_all(subject, plan)
    held = server.login(plan[0].parameters["login"])
    asleep = asyncio.create_task(asyncio.to_thread(held.execute, "SELECT pg_sleep(60)"))
    await until(lambda: bool(server.run("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")))
    await revert_all(subject, plan)
    with pytest.raises(psycopg.errors.AdminShutdown):
        await asleep
    assert server.settled(before)


async def test_nobody_can_hold_up_the_end_by_taking_its_lock(
    server: Server, subject: Subject, plan: list[Step]
) -> None:
    """Whoever has a session knows its id, and so the lock that its changes are made under."""
    before = server.state()
    await apply_all(subject, plan)
    taken = f"SELECT pg_advisory_lock(hashtextextended('locum-{plan[0].marker}', 0))"
    held, next_one = (server.login(plan[0].parameters["login"]) for _ in range(2))
    held.execute(taken)
    waiting = asyncio.create_task(asyncio.to_thread(next_one.execute, taken))
    await until(lambda: bool(server.run("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")))
    await revert_all(subject, plan)
    await asyncio.gather(waiting, return_exceptions=True)  # it may have had the lock for a moment
    for one in (held, next_one):
        with pytest.raises(psycopg.OperationalError):
            one.execute("SELECT 1")
    assert server.settled(before)


async def test_the_password_ends_by_itself(server: Server, subject: Subject, plan: list[Step]) -> None:
    """Where Locum can't reach the server any more."""
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)).isoformat()
    short = replace(plan[0], parameters={**plan[0].parameters, "until": soon})
    await apply_all(subject, [short])
    server.login(plan[0].parameters["login"]).close()
    await asyncio.sleep(2.5)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        server.login(plan[0].parameters["login"])
    await revert_all(subject, [short])


async def test_what_the_login_owns_is_not_deleted(server: Server, subject: Subject, plan: list[Step]) -> None:
    login = plan[0].parameters["login"]
    server.run("GRANT CREATE ON SCHEMA public TO PUBLIC")
    server.run("DROP DATABASE IF EXISTS other")
    server.run("CREATE DATABASE other")
    try:
        await apply_all(subject, plan)
        with server.login(login) as connection:
            connection.execute("CREATE TABLE of_anna AS SELECT 42 AS answer")
        for _ in range(2):
            async with subject.connect() as connector:
                with pytest.raises(TargetRefused, match=r"is shut, but owns table public\.of_anna in postgres"):
                    await connector.revert(replace(plan[0], applied=True))
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            server.login(login)
        assert server.run("SELECT answer FROM of_anna") == [(42,)]
        server.run("DROP TABLE of_anna")
        server.run("GRANT CREATE ON DATABASE other TO {}", login)
        server.run("GRANT CREATE ON SCHEMA public TO {}", login, database="other")
        server.run(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}", login, database="other"
        )
        await revert_all(subject, plan)
        assert not server.run("SELECT 1 FROM pg_roles WHERE rolname LIKE 'anna-%'")
    finally:
        server.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        server.run("DROP DATABASE other")


async def test_what_the_login_owns_goes_to_the_role_named_for_it(server: Server, subject: Subject) -> None:
    plan = plan_of(owned_to="heir")
    server.run("CREATE ROLE heir")
    server.run("GRANT CREATE ON SCHEMA public TO PUBLIC")
    try:
        await apply_all(subject, plan)
        with server.login(plan[0].parameters["login"]) as connection:
            connection.execute("CREATE TABLE of_anna AS SELECT 42 AS answer")
        server.run("ALTER ROLE heir CREATEROLE")
        with pytest.raises(TargetRefused, match="heir, which is to own its things, is a role with power"):
            await revert_all(subject, plan)
        server.run("ALTER ROLE heir NOCREATEROLE")
        await revert_all(subject, plan)
        owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'of_anna'"
        assert server.run(owner) == [("heir",)]
    finally:
        server.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        server.run("DROP TABLE of_anna")
        server.run("DROP ROLE heir")


async def test_a_renamed_login_is_found(server: Server, subject: Subject, plan: list[Step]) -> None:
    before = server.state()
    await apply_all(subject, plan)
    server.run("ALTER ROLE {} RENAME TO other_name", plan[0].parameters["login"])
    await revert_all(subject, plan)
    assert server.settled(before)


async def test_a_login_that_lost_its_mark_is_said_loudly(
    server: Server, subject: Subject, plan: list[Step]
) -> None:
    await apply_all(subject, plan)
    server.run("COMMENT ON ROLE {} IS NULL", plan[0].parameters["login"])
    with pytest.raises(TargetRefused, match="no longer says that it is this session's"):
        await revert_all(subject, [replace(plan[0], applied=True)])
    server.run(f"COMMENT ON ROLE {{}} IS 'locum-{plan[0].marker}'", plan[0].parameters["login"])
    await revert_all(subject, plan)


async def test_what_is_gone_already_needs_no_taking_back(
    server: Server, subject: Subject, plan: list[Step]
) -> None:
    server.run("CREATE SCHEMA passing")
    grant = replace(plan[2], parameters={**plan[2].parameters, "name": "passing"})
    await apply_all(subject, [plan[0], grant])
    server.run("DROP SCHEMA passing CASCADE")
    with pytest.raises(TargetRefused, match="passing"):
        await apply_all(subject, [plan[0], grant])
    await revert_all(subject, [plan[0], grant])


async def test_a_service_account_that_is_no_superuser(server: Server) -> None:
    server.run("CREATE ROLE opener LOGIN CREATEROLE PASSWORD 'op'")
    server.run("GRANT pg_signal_backend TO opener")
    server.run("GRANT pg_monitor TO opener WITH ADMIN OPTION")
    target: Target = replace(server.target, username="opener", password=Secret("op"))
    plan = plan_of()
    role = replace(plan[1], parameters={**plan[1].parameters, "role": "pg_monitor"})
    try:
        async with PostgresConnector.connect(target) as connector:
            await connector.apply(plan[0])
            await connector.apply(role)
            held = server.login(plan[0].parameters["login"])
            await connector.revert(role)
            await connector.revert(plan[0])
        with pytest.raises(psycopg.OperationalError):
            held.execute("SELECT 1")
        assert not server.run("SELECT 1 FROM pg_roles WHERE rolname LIKE 'anna-%'")
    finally:
        server.run("DROP ROLE opener")


async def test_an_account_without_power_is_refused(server: Server, plan: list[Step]) -> None:
    async with PostgresConnector.connect(replace(server.target, username=POWERLESS)) as connector:
        with pytest.raises(TargetRefused, match="permission denied"):
            await connector.apply(plan[0])


@pytest.mark.parametrize("name", NAMES)
async def test_hostile_names_are_names(server: Server, subject: Subject, name: str) -> None:
    """As logins, roles and schemas alike (SEC-18, SEC-19)."""
    before = server.state()
    server.run("CREATE ROLE {}", f"r{name}"[:60])
    server.run("CREATE SCHEMA {}", f"s{name}"[:60])
    around = server.state()
    plan = plan_of(login=name)
    login = {"login": name}
    steps = [
        plan[0],
        replace(plan[1], parameters={**login, "role": f"r{name}"[:60]}),
        replace(plan[2], parameters={**plan[2].parameters, **login, "name": f"s{name}"[:60]}),
    ]
    try:
        await apply_all(subject, steps)
        with server.login(name) as connection:
            shown = connection.execute(
                "SELECT current_user, pg_has_role(%s, 'MEMBER'), has_schema_privilege(%s, 'USAGE')",
                (f"r{name}"[:60], f"s{name}"[:60]),
            )
            assert shown.fetchone() == (name, True, True)
        await revert_all(subject, steps)
        assert server.settled(around)
    finally:
        server.run("DROP SCHEMA {}", f"s{name}"[:60])
        server.run("DROP ROLE {}", f"r{name}"[:60])
    assert server.settled(before)


@pytest.mark.parametrize("name", [name for name in NO_NAMES if name not in RESERVED])
async def test_what_can_be_no_name_is_refused(server: Server, plan: list[Step], name: str) -> None:
    async with PostgresConnector.connect(server.target) as connector:
        for step in plan:
            bad = replace(step, parameters={**step.parameters, "login": name})
            for change in (connector.apply, connector.revert):
                with pytest.raises(TargetRefused, match="account's name"):
                    await change(bad)


@pytest.mark.parametrize("name", RESERVED)
async def test_reserved_words_are_refused(server: Server, plan: list[Step], name: str) -> None:
    async with PostgresConnector.connect(server.target) as connector:
        with pytest.raises(TargetRefused, match="is reserved"):
            await connector.apply(replace(plan[0], parameters={"login": name}))
        with pytest.raises(TargetRefused, match="not this session's"):
            await connector.apply(replace(plan[1], parameters={**plan[1].parameters, "login": name}))


async def test_a_mark_on_somebody_else_saves_nobody(server: Server, subject: Subject, plan: list[Step]) -> None:
    """Whoever may make roles could write the session's mark on another one, to have that removed in place of theirs."""
    await apply_all(subject, plan)
    server.run("CREATE ROLE aaa_victim")
    server.run(f"COMMENT ON ROLE aaa_victim IS 'locum-{plan[0].marker}'")
    try:
        await revert_all(subject, plan)
        assert not server.run("SELECT 1 FROM pg_roles WHERE rolname LIKE 'anna-%'")
        assert server.run("SELECT 1 FROM pg_roles WHERE rolname = 'aaa_victim'") == [(1,)]
    finally:
        server.run("DROP ROLE IF EXISTS aaa_victim")
