"""A connection on which nothing passes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from locum.activities.channel_rules import ChannelRules
from locum.gateway.ssh import idle
from ssh_gateway import Client, Gate
from ssh_terminal import open_terminal

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
LIMIT_S = 2.0
WORDS = "locum: nothing passed for 1 minute"


@pytest.fixture
def processes() -> int:
    """These tests reach into the gateway."""
    return 1


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "MINUTE_S", LIMIT_S)


def allow(gate: Gate, **rules: Any) -> None:
    gate.grant = replace(gate.grant, channels=ChannelRules(idle_minutes=1, **rules))


@pytest.mark.parametrize(
    "words", [("-N", HOST), (HOST, "sleep 60"), ("-tt", HOST, "while :; do echo x; sleep 0.1; done")]
)
async def test_who_does_nothing_is_let_go(client: Client, gate: Gate, words: tuple[str, ...]) -> None:
    allow(gate)
    answer = await client.run(*words)
    assert answer.status == 255
    assert (answer.err + answer.out.decode()).count("nothing passed for 1 minute") == 1
    assert await gate.until_ended() == "nothing passed for 1 minute"


async def test_who_types_stays(client: Client, gate: Gate) -> None:
    allow(gate)
    async with open_terminal(client, HOST) as terminal:
        await terminal.expect(rb"[$#] ")
        began = time.monotonic()
        while time.monotonic() - began < 1.5 * LIMIT_S:
            terminal.send(b"x")
            await asyncio.sleep(LIMIT_S / 10)
        terminal.send(b"\x15exit 3\r")
        assert await terminal.closed() == 3


async def test_a_command_that_says_something_stays(client: Client, gate: Gate) -> None:
    allow(gate)
    answer = await client.run(HOST, "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 0.25; echo $i; done")
    assert (answer.status, answer.err) == (0, "")


async def test_without_a_limit_nobody_is_let_go(client: Client, gate: Gate) -> None:
    answer = await client.run(HOST, "sleep 2; echo still here")
    assert answer.out == b"still here\n"
