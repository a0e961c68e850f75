"""What the target may open to the person, with the real `ssh` and sshd: `-R`, `-A`, `-X` (SEC-13)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh.relay import FORWARD_LIMIT
from locum.sessions.connections import Now
from person_agent import agent_of
from person_display import COOKIE, DRAW, display_of
from ssh_gateway import Client, Gate, Tape, connected, free_port, scripted_target

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
ECHO_UP = "echo up; cat"


def allow(gate: Gate, **rules: object) -> None:
    gate.grant = replace(gate.grant, channels=ChannelRules(**rules))  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def served(answer: bytes) -> AsyncIterator[int]:
    """A service beside the person, which answers what it gets with `answer` before it; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(answer + data)
        writer.write(b"end")
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@contextlib.asynccontextmanager
async def up(client: Client, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client whose command runs."""
    ssh = await client.start(*words, HOST, ECHO_UP, stdin=asyncio.subprocess.PIPE)
    assert ssh.stdout is not None
    assert await ssh.stdout.readline() == b"up\n"
    yield ssh
    if ssh.returncode is None:
        await ssh.communicate(b"")


async def test_where_the_target_listens_for_the_person_is_said_and_what_comes_is_kept(
    client: Client, gate: Gate, tape: Tape
) -> None:
    port = free_port()
    allow(gate, listen=(f"localhost:{port}",))
    async with served(b"ping ") as service, up(client, "-R", f"{port}:{HOST}:{service}"):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"data")
        writer.write_eof()
        assert await reader.read() == b"ping dataend"
        comes_from = "{}:{}".format(*writer.get_extra_info("sockname"))
        writer.close()
    await gate.until_ended()
    where = f"localhost:{port}"
    assert gate.events == [
        ("connection.listen", {"address": where}),
        (
            "connection.forward",
            {"kind": "remote", "address": where, "host": comes_from, "sent": 12, "received": 4},
        ),
    ]
    marks = tape.bytes(gate.grants[0].connection_id, "m").decode()
    assert f"listens at {where}" in marks
    assert f"forward 1: opened from {comes_from} at {where}" in marks
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, port)


async def test_every_byte_passes_both_ways(client: Client, gate: Gate) -> None:
    port, data = free_port(), os.urandom(3 * 1024 * 1024)
    allow(gate, listen=(f"localhost:{port}",))
    async with served(b"") as service, up(client, "-R", f"{port}:{HOST}:{service}"):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(data)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(-1), 20) == data + b"end"
        writer.close()


async def test_the_target_chooses_a_port_where_all_are_allowed(client: Client, gate: Gate) -> None:
    allow(gate, listen=("localhost:*",))
    async with served(b"") as service:
        answer = await client.run("-R", f"0:{HOST}:{service}", HOST, "true")
    assert "Allocated port" in answer.err
    assert gate.events[0][0] == "connection.listen"


@pytest.mark.parametrize("asked", ["{other}", "*:{port}", "10.1.2.3:{port}", "0"])
async def test_other_places_are_refused_with_words(client: Client, gate: Gate, asked: str) -> None:
    port = free_port()
    allow(gate, listen=(f"localhost:{port}",))
    where = asked.format(port=port, other=port + 1 if port < 65535 else 1)
    answer = await client.run("-o", "ExitOnForwardFailure=yes", "-R", f"{where}:{HOST}:1", HOST, "sleep 20")
    assert answer.status == 255
    assert "remote port forwarding failed" in answer.err
    stays = await client.run("-R", f"{where}:{HOST}:1", HOST, "sleep 1; echo ran")
    assert (stays.status, stays.out) == (0, b"ran\n")
    assert "locum: remote port forwarding is not allowed by the connection profile" in stays.err
    assert gate.events == []


async def test_a_port_that_is_taken_is_said(client: Client, gate: Gate) -> None:
    port = free_port()
    taken = await asyncio.start_server(lambda _, writer: writer.close(), [HOST, "::1"], port)
    allow(gate, listen=(f"localhost:{port}",))
    answer = await client.run("-R", f"{port}:{HOST}:1", HOST, "sleep 1")
    taken.close()
    assert f"locum: the target does not listen at localhost:{port}" in answer.err
    assert gate.events == []


async def test_a_lock_and_an_end_reach_what_the_target_opened(client: Client, gate: Gate) -> None:
    port = free_port()
    allow(gate, listen=(f"localhost:{port}",))
    async with served(b"") as service, connected(client) as connection:
        await connection.forward_remote_port("localhost", port, HOST, service)
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"a")
        assert await reader.readexactly(1) == b"a"
        deadline = gate.grant.deadline
        gate.changers[0](Now(deadline, "no"))
        writer.write(b"b")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(1), 0.3)
        refused, other = await asyncio.open_connection(HOST, port)
        assert await asyncio.wait_for(refused.read(), 5) == b""
        other.close()
        gate.changers[0](Now(deadline, None))
        assert await asyncio.wait_for(reader.readexactly(1), 5) == b"b"
        gate.closers[0]("over")
        assert await asyncio.wait_for(reader.read(), 5) == b""
    await gate.until_ended()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, port)


async def test_a_client_that_does_not_take_it_is_no_harm(client: Client, gate: Gate) -> None:
    port = free_port()
    allow(gate, listen=(f"localhost:{port}",))
    async with up(client, "-R", f"{port}:{HOST}:{free_port()}"):
        reader, writer = await asyncio.open_connection(HOST, port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    await gate.until_ended()
    assert [action for action, _ in gate.events] == ["connection.listen", "connection.forward"]  # type: ignore[misc]


# -- the agent


@pytest.fixture
def agent(tmp_path: Path, client: Client) -> Iterator[str]:
    """The public key that the person's agent holds."""
    with agent_of(client, tmp_path) as key:
        yield key


async def test_the_target_uses_the_agent_of_who_lets_it(
    client: Client, gate: Gate, agent: str, tape: Tape
) -> None:
    allow(gate, agent=True)
    answer = await client.run("-A", HOST, "ssh-add -L")
    assert answer.out.decode() == agent, answer.err
    await gate.until_ended()
    ((action, detail),) = gate.events
    assert (action, detail["kind"]) == ("connection.forward", "agent")
    assert "forward 1: opened to your agent" in tape.bytes(gate.grants[0].connection_id, "m").decode()


async def test_who_does_not_ask_lends_no_agent(client: Client, gate: Gate, agent: str) -> None:
    allow(gate, agent=True)
    assert (await client.run("-a", HOST, "echo agent=$SSH_AUTH_SOCK")).out == b"agent=\n"


async def test_an_agent_that_is_not_allowed_is_refused_with_words(client: Client, gate: Gate, agent: str) -> None:
    allow(gate, x11=True, listen=("*:*",))
    answer = await client.run("-A", HOST, "echo agent=$SSH_AUTH_SOCK")
    assert answer.out == b"agent=\n"
    assert "locum: agent forwarding is not allowed by the connection profile" in answer.err
    assert gate.events == []


async def test_a_target_that_helps_itself_gets_nothing(client: Client, gate: Gate, agent: str) -> None:
    allow(gate, agent=True, x11=True, listen=("*:*",))
    refused: list[str] = []

    async def grab(process: asyncssh.SSHServerProcess[bytes]) -> None:
        connection = process.channel.get_connection()
        for opening in (
            connection.create_agent_channel().open(asyncssh.SSHUNIXSession),
            connection.create_x11_channel().open(asyncssh.SSHTCPSession, HOST, 1),
            connection.create_connection(asyncssh.SSHTCPSession, "localhost", 22, HOST, 1),
            connection.create_unix_connection(asyncssh.SSHUNIXSession, "/run/x"),
        ):
            try:
                await opening
            except asyncssh.ChannelOpenError as error:
                refused.append(error.reason)
        process.exit(0)

    async with scripted_target(gate, grab):
        answer = await client.run("-a", HOST, "id")
    assert answer.status == 0
    assert len(refused) == 4
    assert gate.events == []


async def test_a_target_that_asks_without_end_costs_a_bounded_number(
    client: Client, gate: Gate, agent: str
) -> None:
    allow(gate, agent=True)
    results: list[object] = []

    async def flood(process: asyncssh.SSHServerProcess[bytes]) -> None:
        connection = process.channel.get_connection()
        channels = [connection.create_agent_channel() for _ in range(FORWARD_LIMIT + 20)]
        opening = [channel.open(asyncssh.SSHUNIXSession) for channel in channels]
        results.extend(await asyncio.gather(*opening, return_exceptions=True))
        for channel in channels:
            channel.abort()
        process.exit(0)

    async with scripted_target(gate, flood, agent_forwarding=True):
        assert (await client.run("-A", HOST, "id")).status == 0
    assert sum(isinstance(one, asyncssh.ChannelOpenError) for one in results) == 20


# -- the display


async def test_a_program_on_the_target_draws_on_the_display_of_who_lets_it(client: Client, gate: Gate) -> None:
    allow(gate, x11=True)
    async with display_of(client) as began:
        answer = await client.run("-Y", HOST, f"{sys.executable} -c '{DRAW}'")
    assert answer.out == b"drawn\n", answer.err
    assert began[0].endswith(COOKIE)  # the client put the real one in place of what the target knows
    await gate.until_ended()
    ((action, detail),) = gate.events
    assert (action, detail["kind"]) == ("connection.forward", "x11")


async def test_a_display_that_is_not_allowed_is_refused_with_words(client: Client, gate: Gate) -> None:
    allow(gate, agent=True, listen=("*:*",))
    async with display_of(client):
        answer = await client.run("-Y", HOST, "echo display=$DISPLAY")
    assert answer.out == b"display=\n"
    assert "locum: X11 forwarding is not allowed by the connection profile" in answer.err


async def test_a_target_without_displays_is_said(client: Client, gate: Gate) -> None:
    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"ran")
        process.exit(0)

    allow(gate, x11=True)
    async with scripted_target(gate, run), display_of(client):
        answer = await client.run("-Y", HOST, "id")
    assert answer.out == b"ran"
    assert "locum: the target does not forward X11" in answer.err
