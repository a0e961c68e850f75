"""Forwarded connections with the real `ssh`, to where the profile says and nowhere else (SEC-13)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import asyncssh
import pytest

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.relay import FORWARD_LIMIT
from locum.sessions.connections import Now
from several_gateways import IN_ONE
from ssh_gateway import Client, Gate, Tape, connected, free_port, resident

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"


@contextlib.asynccontextmanager
async def echo(on_data: Callable[[bytes], None] = lambda _: None) -> AsyncIterator[int]:
    """A service beyond the target that sends back what it gets; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            on_data(data)
            writer.write(data)
            await writer.drain()
        writer.write(b"end")
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


def allow(gate: Gate, *destinations: str) -> None:
    gate.grant = replace(gate.grant, channels=ChannelRules(destinations=destinations))


async def test_a_forwarded_connection_passes_every_byte_and_is_kept(
    client: Client, gate: Gate, tape: Tape
) -> None:
    data = os.urandom(2 * 1024 * 1024)
    async with echo() as port:
        allow(gate, f"{HOST}:{port}")
        answer = await client.run("-W", f"{HOST}:{port}", HOST, stdin=data)
    assert answer.status == 0, answer.err
    assert hashlib.sha256(answer.out).digest() == hashlib.sha256(data + b"end").digest()
    await gate.until_ended()
    where = f"{HOST}:{port}"
    assert gate.events == [
        ("connection.forward", {"destination": where, "sent": len(data), "received": len(data) + 3})
    ]
    marks = tape.bytes(gate.grants[0].connection_id, "m").decode()
    assert f"forward 1: opened to {where}" in marks
    assert f"forward 1: closed to {where}, {len(data)} bytes sent, {len(data) + 3} received" in marks


async def test_a_listening_client_reaches_it_beside_a_command(client: Client, gate: Gate) -> None:
    async with echo() as port:
        allow(gate, f"{HOST}:{port}")
        local = free_port()
        ssh = await client.start(
            "-L", f"{local}:{HOST}:{port}", HOST, "echo up; cat", stdin=asyncio.subprocess.PIPE
        )
        assert ssh.stdout is not None
        assert await ssh.stdout.readline() == b"up\n"
        for _ in range(3):
            reader, writer = await asyncio.open_connection(HOST, local)
            writer.write(b"ping")
            assert await reader.readexactly(4) == b"ping"
            writer.close()
        await ssh.communicate(b"")
    assert len(gate.events) == 3


@pytest.mark.parametrize("destination", ["{host}:{other}", "db01.example:{port}", "10.0.0.0/8:*"])
async def test_other_places_are_refused(client: Client, gate: Gate, destination: str) -> None:
    async with echo() as port:
        allow(gate, destination.format(host=HOST, port=port, other=port + 1 if port < 65535 else 1))
        answer = await client.run("-W", f"{HOST}:{port}", HOST)
    assert answer.status == 255
    assert "port forwarding is not allowed" in answer.err
    await gate.until_ended()
    assert gate.events == []


async def test_there_is_no_way_round_by_the_target_itself(client: Client, gate: Gate) -> None:
    allow(gate, "*:*", "127.0.0.0/8:*", "localhost:1-65535")
    for host in (HOST, "localhost", "127.1"):
        answer = await client.run("-W", f"{host}:{gate.grant.port}", HOST)
        assert "port forwarding is not allowed" in answer.err
    allow(gate, f"{HOST}:{gate.grant.port}")
    answer = await client.run("-W", f"{HOST}:{gate.grant.port}", HOST, stdin=b"x\n")
    assert answer.out.startswith(b"SSH-2.0-")


async def test_a_place_where_nobody_listens_is_told(client: Client, gate: Gate) -> None:
    port = free_port()
    allow(gate, f"{HOST}:{port}")
    answer = await client.run("-W", f"{HOST}:{port}", HOST)
    assert answer.status == 255
    assert "open failed" in answer.err
    await gate.until_ended()
    assert [detail["sent"] for _, detail in gate.events] == [0]


async def test_an_end_and_a_lock_reach_what_is_forwarded(client: Client, gate: Gate) -> None:
    async with echo() as port:
        allow(gate, f"{HOST}:{port}")
        async with connected(client) as connection:
            reader, writer = await connection.open_connection(HOST, port)
            writer.write(b"a")
            assert await reader.readexactly(1) == b"a"
            deadline = gate.grant.deadline
            gate.changers[0](Now(deadline, "no"))
            writer.write(b"b")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readexactly(1), 0.3)
            with pytest.raises(asyncssh.ChannelOpenError, match="locked"):
                await connection.open_connection(HOST, port)
            gate.changers[0](Now(deadline, None))
            assert await asyncio.wait_for(reader.readexactly(1), 5) == b"b"
            gate.closers[0]("over")
            assert await asyncio.wait_for(reader.read(), 5) == b""
    await gate.until_ended()
    assert [detail["sent"] for _, detail in gate.events] == [2]


async def test_so_many_at_once(client: Client, gate: Gate) -> None:
    async with echo() as port:
        allow(gate, f"{HOST}:{port}")
        async with connected(client) as connection:
            # sshd's limit (MaxSessions) is on shells alone.
            opened = [await connection.open_connection(HOST, port) for _ in range(FORWARD_LIMIT)]
            with pytest.raises(asyncssh.ChannelOpenError, match="not more than"):
                await connection.open_connection(HOST, port)
            opened[0][1].close()
            await opened[0][1].wait_closed()
            reader, writer = await connection.open_connection(HOST, port)
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"


@IN_ONE
async def test_a_reader_that_does_not_read_fills_no_memory(client: Client, gate: Gate) -> None:
    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(2000):
                writer.write(bytes(65536))
                await writer.drain()

    server = await asyncio.start_server(pour, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    allow(gate, f"{HOST}:{port}")
    before = resident()
    ssh = await client.start("-W", f"{HOST}:{port}", HOST)
    await asyncio.sleep(1.5)
    assert resident() - before < 40 * 1024 * 1024
    ssh.kill()
    await ssh.wait()
    server.close()
