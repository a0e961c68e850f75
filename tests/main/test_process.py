"""How a process waits for its end."""

from __future__ import annotations

import asyncio
import socket

import pytest

from locum.kit.errors import StartError
from locum.main.process import cancel, listen, until_told

pytestmark = pytest.mark.anyio


async def test_it_ends_when_it_is_told_or_when_a_part_has_died() -> None:
    async def die() -> None:
        raise RuntimeError("dead")

    stop, lives = asyncio.Event(), asyncio.create_task(asyncio.sleep(60))
    assert not await until_told(stop, [lives, asyncio.create_task(die())])
    stop.set()
    assert await until_told(stop, [lives])
    await cancel([lives])
    assert lives.cancelled()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StartError, match="--ssh 127"):
        listen(f"127.0.0.1:{taken.getsockname()[1]}", "--ssh")
