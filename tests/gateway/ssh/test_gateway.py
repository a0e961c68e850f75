"""The listener: starting, stopping, and many at once."""

from __future__ import annotations

import asyncio
import socket
import time

import asyncssh
import pytest

from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.kit.db import Database
from locum.kit.errors import StartError
from locum.recordings.writer import Recorder
from locum.vault.secret import Secret
from locum.vault.store import Vault
from ssh_gateway import Client, Gate, People, connected
from ssh_terminal import open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"


@pytest.fixture
def rooms(gate: Gate, recorder: Recorder, vault: Vault, database: Database) -> Rooms:
    return Rooms(gate, recorder, vault, database)


def host_key() -> Secret:
    return Secret(asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh"))


async def test_a_busy_port_stops_the_start_with_one_clear_line(rooms: Rooms, people: People) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        gateway = SshGateway(rooms, people, host_key=host_key(), host=HOST, port=port)
        with pytest.raises(StartError, match=rf"can't listen on 127\.0\.0\.1:{port}: .*in use"):
            await gateway.start()
    await gateway.stop(0)


async def test_a_host_key_that_is_none_stops_the_start(rooms: Rooms, people: People) -> None:
    gateway = SshGateway(rooms, people, host_key=Secret("no key"), host=HOST, port=0)
    with pytest.raises(StartError, match="host key") as refused:
        await gateway.start()
    assert "no key" not in str(refused.value)


async def test_shows_the_host_key_it_was_given(gateway: SshGateway, client: Client) -> None:
    shown = await asyncssh.get_server_host_key(HOST, gateway.port, config=None)
    assert shown is not None
    assert shown.export_public_key("openssh").decode().split()[:2] == client.host_key.split()[:2]


async def test_stopping_tells_people_and_lets_them_finish(gateway: SshGateway, client: Client, gate: Gate) -> None:
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        stopping = asyncio.ensure_future(gateway.stop(10))
        await terminal.expect(rb"locum: Locum is shutting down; this connection ends in 10 seconds\r\n")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, gateway.port)
        terminal.send(b"echo done; exit 4\r")
        await terminal.expect(rb"done\r\n")
        assert await terminal.closed() == 4
        await asyncio.wait_for(stopping, 3)
    assert await gate.until_ended() == "the client disconnected"


async def test_stopping_ends_who_does_not_leave(gateway: SshGateway, client: Client, gate: Gate) -> None:
    running = asyncio.ensure_future(client.run(HOST, "echo up; sleep 60"))
    async with asyncio.timeout(10):
        while not gate.grants:
            await asyncio.sleep(0.02)
    started = time.monotonic()
    await gateway.stop(0.5)
    assert time.monotonic() - started < 2.5
    answer = await running
    assert answer.status == 255
    assert answer.err.endswith("locum: Locum is shutting down\r\n")
    assert gate.ended[0][1] == "Locum is shutting down"
    assert gateway.connections == 0


async def test_stopping_cuts_off_who_has_not_signed_in(gateway: SshGateway) -> None:
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    assert (await reader.readline()).startswith(b"SSH-2.0-")
    await gateway.stop(10)
    async with asyncio.timeout(2):
        await reader.read()
    writer.close()


async def test_many_at_once(gateway: SshGateway, client: Client, gate: Gate) -> None:
    async def one(number: int) -> str:
        async with connected(client) as connection:
            answer = await connection.run(f"echo {number}")
            return str(answer.stdout)

    answers = await asyncio.gather(*(one(number) for number in range(20)))
    assert answers == [f"{number}\n" for number in range(20)]
    await gate.until_ended()
    assert len({connection for connection, _ in gate.ended}) == 20
    async with asyncio.timeout(2):
        while gateway.connections:
            await asyncio.sleep(0.01)


async def test_nothing_is_left_behind(gateway: SshGateway, client: Client, gate: Gate) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(3):
        await client.run(HOST, "true")
    await gate.until_ended()
    async with asyncio.timeout(2):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.01)
