"""Telling sleepers that something changed: any thread may ring, any number of coroutines may wait."""

from __future__ import annotations

import asyncio
import contextlib


class Wake:
    """Loss-free only together with looking at the database first: read `seen`, look, then wait for a newer ring."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rings = 0
        self._waiting: set[asyncio.Event] = set()

    @property
    def seen(self) -> int:
        """How often it has rung. Hand it to `wait`, so that a ring between looking and waiting is not missed."""
        return self._rings

    def ring(self) -> None:
        """Wake everyone. Safe from any thread, harmless when nobody waits or the loop is gone."""
        self._rings += 1
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is left to wake
                loop.call_soon_threadsafe(self._release)

    def _release(self) -> None:
        for event in self._waiting:
            event.set()

    async def wait(self, seen: int, timeout_s: float) -> None:
        """Return when it has rung after `seen`, or after `timeout_s` seconds."""
        self._loop = asyncio.get_running_loop()
        if self._rings != seen:
            return
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(event)
