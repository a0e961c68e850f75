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
