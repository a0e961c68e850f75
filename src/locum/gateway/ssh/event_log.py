"""What passes in one connection on its way into the audit log: in order, many rows at once, and without an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from locum.sessions.connections import ConnectionEvent

AT_ONCE = 100
FULL = 1000

Write = Callable[[Sequence[ConnectionEvent]], Awaitable[None]]


class EventLog:
    """`write` writes rows in one unit of work; `on_full(True)` is called when it does not keep up, then False."""

    def __init__(self, write: Write, on_full: Callable[[bool], None]) -> None:
        self._write = write
        self._on_full = on_full
        self._events: list[ConnectionEvent] = []
        self._full = False
        self._writing: asyncio.Task[None] | None = None

    def add(self, event: ConnectionEvent) -> None:
        """Write it soon."""
        self._events.append(event)
        if len(self._events) >= FULL and not self._full:
            self._full = True
            self._on_full(True)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def written(self) -> None:
        """Wait until everything is."""
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        while self._events:
            batch = self._events[:AT_ONCE]
            del self._events[:AT_ONCE]
            await self._write(batch)
            if self._full and len(self._events) < FULL:
                self._full = False
                self._on_full(False)
