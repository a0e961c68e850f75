"""What passes in one connection on its way into the audit log: in order, many rows at once, and never dropped.

Where the database does not take rows they stay here and are tried again, and the process's log says so. Meanwhile the
connection stands still when `FULL` wait and ends when `MOST` do, so no more memory is taken than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog

from locum.activities.command_rules import CommandHit
from locum.audit.classify import without_secrets
from locum.sessions.connections import ConnectionEvent

AT_ONCE = 100
FULL = 1000
MOST = 2 * FULL
AGAIN_S = (0.1, 5.0)

Write = Callable[[Sequence[ConnectionEvent]], Awaitable[None]]

log = structlog.get_logger("locum.gateway.ssh")


class EventLog:
    """`write` writes rows in one unit of work, all or none; one whose outcome is not known may write its rows twice.

    `on_full(True)` is called when it does not keep up, then False; `on_overflow` once, when rows come in all the same.
    """

    def __init__(
        self,
        connection_id: UUID,
        write: Write,
        on_full: Callable[[bool], None],
        on_overflow: Callable[[], None],
    ) -> None:
        self._connection_id = connection_id
        self._write = write
        self._on_full = on_full
        self._on_overflow = on_overflow
        self._events: list[ConnectionEvent] = []
        self._full = self._overflowed = False
        self._writing: asyncio.Task[None] | None = None

    def add(self, event: ConnectionEvent) -> None:
        """Write it soon."""
        self._events.append(event)
        if len(self._events) >= FULL and not self._full:
            self._full = True
            self._on_full(True)
        if len(self._events) >= MOST and not self._overflowed:
            self._overflowed = True
            self._on_overflow()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def written(self, within: float | None = None) -> None:
        """Wait until everything is, for at most `within` seconds; for ever without.

        Cancelled while it waits for ever, the process ends: what is left is told to its log, row by row.
        """
        if self._writing is None:
            return
        if within is None:
            await self._writing
        else:
            await asyncio.wait({self._writing}, timeout=within)

    async def _write_all(self) -> None:
        try:
            while self._events:
                batch = self._events[:AT_ONCE]
                await self._keep_trying(batch)
                del self._events[: len(batch)]
                if self._full and len(self._events) < FULL:
                    self._full = False
                    self._on_full(False)
        except asyncio.CancelledError:
            self._tell_what_is_left()
            raise

    async def _keep_trying(self, batch: Sequence[ConnectionEvent]) -> None:
        wait, failures = AGAIN_S[0], 0
        while True:
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, rows that were not written must not be lost
                failures += 1
                self._complain(error, failures)
            else:
                break
            await asyncio.sleep(wait)
            wait = min(2 * wait, AGAIN_S[1])
        if failures:
            log.warning("the audit log takes rows again", connection=str(self._connection_id), failures=failures)

    def _complain(self, error: Exception, failures: int) -> None:
        """In the database's own words: those around them repeat the rows."""
        words = str(getattr(error, "orig", None) or error).partition("\n")[0]
        log.error(
            "the audit log does not take what passed in a connection: it is kept and tried again",
            connection=str(self._connection_id),
            waiting=len(self._events),
            failures=failures,
            error=f"{type(error).__name__}: {words}",
        )

    def _tell_what_is_left(self) -> None:
        for event in self._events:
            action, detail = event.event if isinstance(event, CommandHit) else event
            log.error(
                "the process ends and the audit log has not taken this",
                connection=str(self._connection_id),
                action=action,
                detail=without_secrets(detail),
            )
