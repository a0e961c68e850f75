"""`locum gateway` beside `locum serve` on one PostgreSQL: sessions are asked for there and entered here."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from bench.postgres import PostgresServer, postgres_server
from demo.hosts import Host

from installation import LOCUM, USER_PASSWORD, Installation, ask
from ssh_gateway import Client, free_port, wait_for_port
from ssh_terminal import Terminal, open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
DIRECT = "alice+Linux_sudo+web01"
ENDED = {3, 4, 5}
PROMPT = rb"[$#] "
# The server may have cleaned the host before the gateway has looked whether the session goes on.
ENDS = rb"locum: (your session ended: |the connection to web01 was lost)"


@dataclass
class Pair:
    """One server and one gateway, with a database server of their own."""

    server: Installation
    data: Path
    port: int
    postgres: PostgresServer
    process: subprocess.Popen[bytes] | None = None

    def start_gateway(self) -> None:
        with open(self.data / "gateway.log", "ab") as log:
            command = [LOCUM, "gateway", "--data-dir", str(self.data), "--ssh", f"{HOST}:{self.port}"]
            environment = {**os.environ, "LOCUM_DRAIN_TIMEOUT": "2"}
            self.process = subprocess.Popen(
                [*command, "--database-url", str(self.server.database_url)], stderr=log, env=environment
            )
        wait_for_port(self.port)

    def kill_gateway(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(str(self.server.database_url), autocommit=True) as connection:
            found = connection.execute(query.encode(), values)
            return found.fetchall() if found.description else []

    def log(self) -> str:
        return (self.data / "gateway.log").read_text()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, linux_hosts: list[Host]) -> Iterator[Pair]:
    with postgres_server() as postgres:
        folder = tmp_path_factory.mktemp("pair")
        server = Installation(folder / "data", database_url=postgres.create())
        assert server.init().returncode == 0
        server.start()
        assert server.healthy(), server.log()
        server.seed(linux_hosts[0])
        data = folder / "gateway"
        (data / "keys").mkdir(parents=True, mode=0o700)
        shutil.copy(server.data / "keys" / "root.key", data / "keys" / "root.key")
        made = Pair(server, data, free_port(), postgres)
        made.start_gateway()
        yield made
        assert made.process is not None
        made.process.send_signal(signal.SIGTERM)
        assert made.process.wait(20) == 0, made.log()
        assert server.stop() == 0, server.log()
        assert server.locum("audit", "verify").returncode == 0


@pytest.fixture
def client(pair: Pair, tmp_path: Path) -> Client:
    (tmp_path / "home").mkdir()
    public = (pair.server.data / "public" / "ssh_host_key.pub").read_text().split()
    made = Client(tmp_path / "home", pair.port, " ".join(public[:2]))
    made.extra_environment["TEST_PASSWORD"] = USER_PASSWORD
    return made


@asynccontextmanager
async def entered(pair: Pair, client: Client) -> AsyncIterator[tuple[str, Terminal]]:
    """A session that was asked for at the server, entered through the gateway."""
    session = await asyncio.to_thread(lambda: ask(pair.server.user()))
    await asyncio.to_thread(pair.server.user().wait_for_session, session, {1, *ENDED})
    async with open_terminal(client, HOST, user=f"{DIRECT}+~{session}") as terminal:
        await terminal.expect(PROMPT)
        yield session, terminal


async def test_what_the_server_says_of_a_session_reaches_the_gateway(pair: Pair, client: Client) -> None:
    admin = pair.server.admin()
    async with entered(pair, client) as (session, terminal):
        lock = {"activitySessionIds": [session], "locked": True, "lockTitle": "Stop"}
        await asyncio.to_thread(admin.call, "PUT", "/api/v1/ActivitySession/lock", lock)
        await terminal.expect(rb"locum: your session is locked: Stop", timeout=5)
        await asyncio.to_thread(admin.call, "PUT", "/api/v1/ActivitySession/lock", {**lock, "locked": False})
        await terminal.expect(rb"locum: your session is unlocked", timeout=5)
        await asyncio.to_thread(admin.call, "DELETE", f"/api/v1/ActivitySession/{session}")
        await terminal.expect(ENDS, timeout=5)
        assert await terminal.closed() == 255
    answer = await client.run(HOST, "echo through-$((40+2))", user=DIRECT)  # whose job the server does
    assert answer.out == b"through-42\n", answer.err


async def test_a_restart_of_the_database_costs_no_connection(pair: Pair, client: Client) -> None:
    async with entered(pair, client) as (session, terminal):
        await asyncio.to_thread(pair.postgres.control, "restart")
        terminal.send(b"echo alive-$((20+3))\r")
        await terminal.expect(rb"alive-23")
        await asyncio.to_thread(pair.server.admin().call, "DELETE", f"/api/v1/ActivitySession/{session}")
        await terminal.expect(ENDS)


async def test_a_killed_gateway_settles_what_it_left(pair: Pair, client: Client) -> None:
    async with open_terminal(client, HOST, user=DIRECT) as terminal:
        await terminal.expect(PROMPT)
        ((connection, session),) = pair.rows("SELECT id, session_id FROM connection WHERE closed_at IS NULL")
        pair.kill_gateway()
        assert await terminal.closed() == 255
    pair.start_gateway()
    ended = await asyncio.to_thread(pair.server.user().wait_for_session, str(session), ENDED)
    assert ended["status"] == 3
    ((reason, digest),) = pair.rows(
        "SELECT close_reason, recording_digest FROM connection WHERE id = %s", connection
    )
    assert (reason, len(str(digest))) == ("Locum restarted", 64)


async def test_one_that_stays_away_is_given_up_and_closes_its_recordings_when_it_comes(
    pair: Pair, client: Client
) -> None:
    """The clock is put on in the database: nobody waits for a minute."""
    async with open_terminal(client, HOST, user=DIRECT) as terminal:
        await terminal.expect(PROMPT)
        ((connection, session, node),) = pair.rows(
            "SELECT id, session_id, node FROM connection WHERE closed_at IS NULL"
        )
        pair.kill_gateway()
        assert await terminal.closed() == 255
    pair.rows("UPDATE node_life SET seen_at = seen_at - interval '10 minutes' WHERE node = %s", node)
    found = "SELECT close_reason, recording_digest FROM connection WHERE id = %s"
    async with asyncio.timeout(90):  # the server must have looked on for a minute itself
        while pair.rows(found, connection) == [(None, None)]:
            await asyncio.sleep(0.5)
    assert pair.rows(found, connection) == [("its node was not heard of any more", None)]
    assert (await asyncio.to_thread(pair.server.user().wait_for_session, str(session), ENDED))["status"] == 3
    pair.start_gateway()
    async with asyncio.timeout(20):
        while pair.rows(found, connection)[0][1] is None:
            await asyncio.sleep(0.1)


async def test_it_drains_and_then_takes_nobody(pair: Pair, client: Client) -> None:
    assert pair.process is not None
    async with entered(pair, client) as (session, terminal):
        pair.process.send_signal(signal.SIGTERM)
        await terminal.expect(rb"locum: Locum is shutting down; this connection ends in 2 seconds")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, pair.port)
        assert await terminal.closed() == 255
        assert await asyncio.to_thread(pair.process.wait, 20) == 0
    assert pair.rows("SELECT 1 FROM connection WHERE closed_at IS NULL") == []
    assert pair.rows("SELECT 1 FROM node_life WHERE node = %s", (pair.data / "node").read_text().strip()) == []
    pair.start_gateway()
    await asyncio.to_thread(pair.server.user().call, "DELETE", f"/api/v1/ActivitySession/{session}")


@pytest.mark.parametrize(
    ("url", "words"), [(None, "needs PostgreSQL"), ("empty", "is not of this version of Locum")]
)
def test_what_it_does_not_start_on(pair: Pair, tmp_path: Path, url: str | None, words: str) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    shutil.copy(pair.server.data / "keys" / "root.key", tmp_path / "keys" / "root.key")
    command = [LOCUM, "gateway", "--data-dir", str(tmp_path), "--ssh", f"{HOST}:{free_port()}"]
    if url is not None:
        command += ["--database-url", pair.postgres.create()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
