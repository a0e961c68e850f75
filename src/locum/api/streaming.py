"""Sends an answer that goes on: part by part, until it ends, its reader leaves or the caller may see it no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.types import Receive, Send

from locum.kit.errors import LocumError

ASKED_AGAIN_S = 2.0

Headers = list[tuple[bytes, bytes]]


async def stream(
    parts: AsyncGenerator[bytes, None],
    status: int,
    headers: Headers,
    admit: Callable[[], Awaitable[None]],
    receive: Receive,
    send: Send,
    *,
    whole: bool = False,
) -> None:
    """`admit` raises a LocumError once the caller may not go on; it is asked every `ASKED_AGAIN_S` seconds.

    `whole`: what is cut short must not look as if it were whole.

    A part may be empty: then there is nothing new, and the caller is asked in time all the same.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers})
    gone = asyncio.create_task(_gone(receive))
    loop = asyncio.get_running_loop()
    asked = loop.time()
    try:
        async for part in parts:
            if gone.done():
                return
            if loop.time() - asked > ASKED_AGAIN_S:
                await admit()
                asked = loop.time()
            if part:
                await send({"type": "http.response.body", "body": part, "more_body": True})
    except LocumError:
        if whole:
            return  # the server closes the connection behind an answer without an end
        # The answer is cut short: there is no other way to say it any more.
    finally:
        gone.cancel()
        await parts.aclose()
    await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
