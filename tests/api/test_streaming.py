"""An answer that goes on ends with its parts, with its reader and with the caller's right, whichever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from locum.api import streaming
from locum.api.streaming import stream
from locum.kit.errors import Unauthenticated

pytestmark = pytest.mark.anyio


class Reader:
    """The other end: what it got, and when it leaves."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        self.closed = False

    async def send(self, message: Any) -> None:
        self.messages.append(dict(message))

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def parts(self, count: int) -> AsyncGenerator[bytes, None]:
        try:
            for number in range(count):
                yield b"%d" % number if number % 2 == 0 else b""
                await asyncio.sleep(0)
        finally:
            self.closed = True

    @property
    def body(self) -> list[bytes]:
        return [one["body"] for one in self.messages[1:]]


async def still() -> None:
    pass


async def test_each_part_is_sent_as_it_comes_and_the_end_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    await stream(reader.parts(5), 200, [(b"a", b"b")], still, reader.receive, reader.send)
    assert reader.messages[0] == {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
    assert reader.body == [b"0", b"2", b"4", b""]
    assert [one.get("more_body", False) for one in reader.messages[1:]] == [True, True, True, False]
    assert reader.closed


async def test_a_reader_who_leaves_ends_it() -> None:
    reader = Reader()
    task = asyncio.create_task(stream(reader.parts(10**9), 200, [], still, reader.receive, reader.send))
    await asyncio.sleep(0.01)
    reader.left.set()
    await asyncio.wait_for(task, 5)
    assert reader.closed
    assert reader.messages[-1].get("more_body")  # nobody is there to hear an end


async def test_a_right_that_is_lost_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "ASKED_AGAIN_S", 0.005)
    reader, asked = Reader(), 0

    async def admit() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Unauthenticated("signed out")

    await asyncio.wait_for(stream(reader.parts(10**9), 200, [], admit, reader.receive, reader.send), 5)
    assert asked == 3
    assert reader.closed
    assert reader.messages[-1] == {"type": "http.response.body", "body": b""}
