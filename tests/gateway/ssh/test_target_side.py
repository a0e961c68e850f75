"""What a target tells of a channel reaches the person."""

from __future__ import annotations

import asyncssh
import pytest

from ssh_gateway import Client, Gate, connected, scripted_target

pytestmark = pytest.mark.anyio


async def test_a_signal_that_ended_a_command_is_told_with_harmless_words(client: Client, gate: Gate) -> None:
    async def die(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"out")
        process.stderr.write(b"err")
        process.exit_with_signal("SEGV", True, "gone\x1b[2J", "en")

    async with scripted_target(gate, die), connected(client) as connection:
        done = await connection.run("x", encoding=None)
    assert (done.stdout, done.stderr) == (b"out", b"err")
    assert done.exit_signal == ("SEGV", True, "gone\N{REPLACEMENT CHARACTER}[2J", "en")
