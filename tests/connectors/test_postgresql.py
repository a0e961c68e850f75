"""PostgreSQL's roles on a real server."""

from __future__ import annotations

import asyncio
import resource
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest
from bench.postgres import PostgresServer
from psycopg import sql

from connectors.keeper_conformance import LOGIN, NEW, OLD, DatabaseConformance, Grounds
from database_targets import POWERLESS, SERVICE, DatabaseTarget
from linux_user import until
from locum.connectors import postgresql
from locum.connectors.base import Privilege, Target, TargetRefused, TargetUnreachable
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

NAMES = (
    'quo"te',
    "apo'strophe",
    "back\\slash\\",
    "$(id) `id` $$",
    "x; DROP ROLE keeper; --",
    "-rf",
    "100% %s %(name)s {} {0}",
    "Ünï🔑",
    "UPPER lower",
    "current_user",
    "x" * 63,
)
NO_NAMES = ("", "x" * 64, "é" * 32, "a\nb", "a\0b", "a\x1bb", "public", "none", "\ud800")


def target_of(server: DatabaseTarget, username: str = SERVICE) -> Target:
    return Target("127.0.0.1", server.port, username, Secret(server.password), None, None, False, None)


@pytest.fixture
def grounds(postgres_target: tuple[PostgresServer, DatabaseTarget], trusted: None) -> Grounds:
    server, target = postgres_target

    def run(statement: str, *names: sql.Composable) -> None:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*names))  # type: ignore[arg-type]

    def lets_in(login: str, password: str) -> bool:
        try:
            psycopg.connect(
                host="127.0.0.1", port=target.port, user=login, password=password, dbname="postgres"
            ).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                return False
            raise
        return True

    return Grounds(
        kind="postgresql",
        target=target_of(target),
        powerless=target_of(target, POWERLESS),
        make=lambda login, password: run(
            "CREATE ROLE {} LOGIN PASSWORD {}", sql.Identifier(login), sql.Literal(password)
        ),
        remove=lambda login: run("DROP ROLE {}", sql.Identifier(login)),
        lets_in=lets_in,
        freeze=target.freeze,
        thaw=target.thaw,
        names=NAMES,
        no_names=NO_NAMES,
        timeouts=((postgresql, "COMMAND_TIMEOUT_S"), (postgresql, "CONNECT_TIMEOUT_S")),
    )


class TestConformance(DatabaseConformance):
    pass


@pytest.fixture
def server(postgres_target: tuple[PostgresServer, DatabaseTarget]) -> PostgresServer:
    return postgres_target[0]


@pytest.fixture
def kept(grounds: Grounds) -> Iterator[str]:
    grounds.make(LOGIN, OLD)
    yield LOGIN
    grounds.remove(LOGIN)


def admin_of(server: PostgresServer) -> psycopg.Connection:
    return psycopg.connect(server.url("postgres"), autocommit=True)


def run(server: PostgresServer, statement: str) -> None:
    with admin_of(server) as connection:
        connection.execute(statement.encode())


async def test_the_password_is_in_no_log(grounds: Grounds, server: PostgresServer, kept: str) -> None:
    async with grounds.open() as keeper:
        await keeper.change_password(kept, Secret("canary-password"))
        assert await keeper.accepts_password(kept, Secret("canary-password"))
    log = (server.directory / "log").read_text()
    assert f'ALTER ROLE "{kept}" PASSWORD \'SCRAM-SHA-256$' in log
    assert "canary-password" not in log


async def test_a_change_that_was_cancelled_is_worth_trying_again(
    grounds: Grounds, server: PostgresServer, kept: str
) -> None:
    """By its time, or by an administrator, while it waits for another's transaction: that is no refusal."""
    waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER ROLE%PASSWORD%'"
    with psycopg.connect(server.url("postgres")) as other, admin_of(server) as admin:
        other.execute(f"ALTER ROLE {kept} CONNECTION LIMIT 9".encode())
        async with grounds.open() as keeper:
            change = asyncio.create_task(keeper.change_password(kept, Secret(NEW)))
            await until(lambda: admin.execute(f"SELECT {waiting}".encode()).rowcount == 1)
            admin.execute(f"SELECT pg_cancel_backend(pid) {waiting}".encode())
            with pytest.raises(TargetUnreachable, match="broke off: canceling statement"):
                await change
        other.rollback()
    assert (grounds.lets_in(kept, OLD), grounds.lets_in(kept, NEW)) == (True, False)


async def test_roles_are_described(grounds: Grounds, server: PostgresServer, kept: str) -> None:
    async with grounds.open() as keeper:
        service, role = await keeper.find(SERVICE), await keeper.find(kept)
        assert service is not None
        assert role is not None
        assert (service.privilege, role.privilege) == (Privilege.ADMINISTRATOR, Privilege.USER)
        run(server, f"ALTER ROLE {kept} CREATEROLE VALID UNTIL '2020-01-01'")
        role = await keeper.find(kept)
        assert role is not None
        assert (role.privilege, role.enabled) == (Privilege.POWER_USER, False)
        with pytest.raises(TargetRefused, match="disabled or out of date"):
            await keeper.accepts_password(kept, Secret(OLD))


async def test_a_role_that_may_not_log_in_has_a_password_still(grounds: Grounds, kept: str) -> None:
    async with grounds.open() as keeper:
        await keeper.set_enabled(kept, False)
        assert await keeper.accepts_password(kept, Secret(OLD))
        with pytest.raises(TargetRefused, match="disabled"):
            await keeper.accepts_password(kept, Secret(NEW))


async def test_a_server_that_speaks_another_language_is_understood(
    grounds: Grounds, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what it says of a password that is surely wrong."""
    sign_in = postgresql._sign_in

    async def translated(*given: object, **named: object) -> object:
        try:
            return await sign_in(*given, **named)  # type: ignore[arg-type]
        except postgresql._Denied as denied:
            raise postgresql._Denied(
                denied.detail.replace("password authentication failed", "Kennwort falsch")
            ) from None

    async with grounds.open() as keeper:
        monkeypatch.setattr(postgresql, "_sign_in", translated)
        assert not await keeper.accepts_password(kept, Secret(NEW))
        assert await keeper.accepts_password(kept, Secret(OLD))


async def test_a_server_that_asks_for_nothing_proves_nothing(
    grounds: Grounds, server: PostgresServer, kept: str
) -> None:
    """Its pg_hba trusts everybody: any password would seem right."""
    hba = server.directory / "data" / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f"host all {kept} all trust\n{before}")
    try:
        run(server, "SELECT pg_reload_conf()")
        async with grounds.open() as keeper:
            with pytest.raises(TargetRefused, match="no way to speak"):
                await keeper.accepts_password(kept, Secret("whatever"))
    finally:
        hba.write_text(before)
        run(server, "SELECT pg_reload_conf()")


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body) + 4) + body


@pytest.mark.parametrize(
    ("greeting", "then"),
    [
        (_message(b"R", struct.pack(">I", 3)), b""),  # the password in clear, please
        (b"", b"\xff" * 65536),
        (_message(b"R", struct.pack(">I", 0)), _message(b"N", b"SNOTICE\0Mflood\0\0") * 3000),
        (_message(b"R", struct.pack(">I", 0)), b"N" + struct.pack(">I", 2**30) + b"x" * 65536),
        (_message(b"R", struct.pack(">I", 0)), b"SSSS" * 16384),
    ],
)
async def test_a_hostile_server_gets_no_password_and_little_memory(
    grounds: Grounds, greeting: bytes, then: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-23: floods and nonsense end the connection, soon and without a password in clear."""
    heard = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        with suppress(ConnectionError, TimeoutError):
            await reader.read(1000)
            writer.write(greeting)
            for _ in range(1000):
                writer.write(then)
                await writer.drain()
                if not then:
                    break
            heard = await asyncio.wait_for(reader.read(1000), 1)
        writer.close()

    monkeypatch.setattr(postgresql, "CONNECT_TIMEOUT_S", 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as hostile:
        port = hostile.sockets[0].getsockname()[1]
        with pytest.raises((TargetRefused, TargetUnreachable)):
            await grounds.open(replace(grounds.target, port=port, encrypted=False)).__aenter__()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB
    assert b"p" + struct.pack(">I", 4 + len(grounds.target.password.reveal()) + 1) not in heard  # type: ignore[union-attr]
