"""Shells and commands of one connection, all together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncssh
import pytest

from locum.gateway.ssh.relay import CHANNEL_LIMIT
from locum.sessions.connections import Now
from ssh_gateway import Client, Gate, connected

pytestmark = pytest.mark.anyio


async def test_all_are_told_locked_and_ended_and_there_are_so_many(client: Client, gate: Gate) -> None:
    async with connected(client) as connection, AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(connection.create_process("cat", encoding=None))
            for _ in range(CHANNEL_LIMIT)
        ]
        with pytest.raises(asyncssh.ChannelOpenError, match="not more than"):
            await connection.create_process("cat")
        for one in running:
            one.stdin.write(b"x\n")
            assert await one.stdout.readline() == b"x\n"
        gate.changers[0](Now(gate.grant.deadline, "wait"))
        for one in running:
            assert await one.stderr.readline() == b"locum: your session is locked: wait\r\n"
        with pytest.raises(asyncssh.ChannelOpenError, match="locked: wait"):
            await connection.create_process("cat")
        gate.changers[0](Now(gate.grant.deadline))
        gate.closers[0]("over")
        ended = await asyncio.gather(*(one.wait() for one in running))
        assert {one.exit_status for one in ended} == {255}
    assert await gate.until_ended() == "your session ended: over"


class Corked:
    """A transport that keeps what is written until it is uncorked."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._kept: list[bytes] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._kept.append(bytes(data))

    def uncork(self) -> None:
        self._transport.write(b"".join(self._kept))


async def test_a_place_is_free_as_soon_as_its_end_has_come(client: Client) -> None:
    """The end of one and the next one come in one piece."""
    async with connected(client) as connection:
        running = [await connection.create_process("cat") for _ in range(CHANNEL_LIMIT)]
        running[0].stdin.write_eof()
        transport = connection._transport
        assert transport is not None
        corked = Corked(transport)
        connection._transport = corked  # type: ignore[assignment]
        await running[0].wait()
        opening = asyncio.create_task(connection.run("echo next"))
        await asyncio.sleep(0)
        connection._transport = transport
        corked.uncork()
        assert (await opening).stdout == "next\n"
