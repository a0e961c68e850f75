"""A WebSocket as the kernel holds it: what it says at the end, and that it asks whether its caller still may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from locum.api import dialogue
from locum.api.dialogue import OVER, REFUSED, SIGNED_OUT, Socket, converse
from locum.kit.errors import Unauthenticated

pytestmark = pytest.mark.anyio


async def held(
    hold: Callable[[Socket], Awaitable[None]],
    *messages: dict[str, Any],
    admit: Callable[[bool], Awaitable[None]] | None = None,
) -> list[dict[str, Any]]:
    """What is sent to somebody who sends these messages and then waits."""
    sent: list[dict[str, Any]] = []
    coming = [{"type": "websocket.connect"}, *messages]

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    async def always(used: bool) -> None: ...

    await converse(hold, [], admit or always, receive, send)
    assert sent[0]["type"] == "websocket.accept"
    return sent[1:]


async def test_what_is_said_both_ways() -> None:
    async def hold(socket: Socket) -> None:
        assert await socket.receive() == {"a": 1}
        assert not socket.used
        assert await socket.receive() == b"keys"
        assert socket.used
        await socket.show(b"screen")
        await socket.tell(done=True)

    sent = await held(
        hold, {"type": "websocket.receive", "text": '{"a":1}'}, {"type": "websocket.receive", "bytes": b"keys"}
    )
    assert [one.get("bytes") or one.get("text") for one in sent[:-1]] == [b"screen", '{"done":true}']
    assert sent[-1] == {"type": "websocket.close", "code": OVER}


@pytest.mark.parametrize("text", ["[]", "no", "", "[" * 5000, '"\ud800"'])
async def test_a_text_that_is_no_object_ends_it(text: str) -> None:
    async def hold(socket: Socket) -> None:
        await socket.receive()

    sent = await held(hold, {"type": "websocket.receive", "text": text})
    assert "must be a JSON object" in sent[0]["text"]
    assert sent[-1]["code"] == REFUSED


async def test_it_ends_when_its_caller_may_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "ASKED_AGAIN_S", 0.01)
    asked: list[bool] = []
    left = asyncio.Event()

    async def admit(used: bool) -> None:
        asked.append(used)
        if len(asked) > 2:
            raise Unauthenticated("sign in again")

    async def hold(socket: Socket) -> None:
        try:
            while True:
                await socket.receive()
        finally:
            left.set()

    sent = await held(hold, {"type": "websocket.receive", "bytes": b"x"}, admit=admit)
    assert asked == [True, False, False]
    assert left.is_set()
    assert sent == [
        {"type": "websocket.send", "text": '{"ended":"sign in again"}'},
        {"type": "websocket.close", "code": SIGNED_OUT},
    ]
