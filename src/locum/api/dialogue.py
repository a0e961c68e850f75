"""Answers that go both ways: a WebSocket, for as long as its caller may have it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.types import Message, Receive, Send

from locum.kit.errors import Invalid, LocumError, Unauthenticated

ASKED_AGAIN_S = 2.0
OVER, REFUSED, SIGNED_OUT = 1000, 4403, 4401
"""Why a WebSocket is closed; numbers from 4000 on are ours to give."""

Headers = list[tuple[bytes, bytes]]


class Socket:
    """Messages in and out: texts are JSON, the bytes of a terminal are binary. The server bounds their length, and
    reads no further while one waits to be received."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.used = False  # whether a person did something since somebody last looked
        self._receive = receive
        self._send = send

    async def receive(self) -> bytes | dict[str, Any] | None:
        """The next message; None when the other side is gone. Raises Invalid."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        content = message.get("bytes")
        if content is not None:
            self.used = True
            return bytes(content)
        try:
            return msgspec.json.decode(message["text"], type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise Invalid("a text message must be a JSON object") from None

    async def show(self, data: bytes) -> None:
        """Send bytes; waits while the other side takes none."""
        await self._send({"type": "websocket.send", "bytes": data})

    async def tell(self, **words: Any) -> None:
        """Send a JSON object."""
        await self._send({"type": "websocket.send", "text": msgspec.json.encode(words).decode()})


async def converse(
    hold: Callable[[Socket], Awaitable[None]],
    headers: Headers,
    admit: Callable[[bool], Awaitable[None]],
    receive: Receive,
    send: Send,
) -> None:
    """Accept the handshake and have `hold` talk until it returns, or the caller may no longer.

    `admit(used)` raises a LocumError then; it is asked every `ASKED_AGAIN_S` seconds, and told whether a person did
    something meanwhile.
    """
    await receive()  # websocket.connect
    await send({"type": "websocket.accept", "headers": headers})
    socket = Socket(receive, send)
    asking = asyncio.create_task(_ask_again(socket, admit))
    holding = asyncio.ensure_future(hold(socket))
    try:
        await asyncio.wait({asking, holding}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (asking, holding):
            if task.cancel():
                await asyncio.wait({task})
    ended = next((task for task in (holding, asking) if not task.cancelled()), holding)
    with contextlib.suppress(OSError):  # the other side may be gone
        await _say_goodbye(socket, send, None if ended.cancelled() else ended.exception())


async def _ask_again(socket: Socket, admit: Callable[[bool], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(ASKED_AGAIN_S)
        used, socket.used = socket.used, False
        await admit(used)


async def _say_goodbye(socket: Socket, send: Send, error: BaseException | None) -> None:
    code = OVER
    if isinstance(error, LocumError):
        code = SIGNED_OUT if isinstance(error, Unauthenticated) else REFUSED
        await socket.tell(ended=error.detail)
    elif error is not None:
        raise error
    await send({"type": "websocket.close", "code": code})


def answering(send: Send) -> Send:
    """For what a handshake is answered with in place of a WebSocket: an ordinary answer of HTTP."""

    async def answer(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return answer
