"""Keeps the text of this node's recordings searchable, while they are made and after.

What a recording holds is read back from its file, so that what is searched is what was recorded. A node that starts
does those anew that were not done: their lines so far are deleted with the first new ones in sight.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog

from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import LocumError
from locum.recordings.format import Event
from locum.recordings.key import open_playback
from locum.recordings.lines import Lines, TextLine
from locum.recordings.reader import Damaged, Playback
from locum.recordings.store import Store
from locum.sessions.model import connection
from locum.sessions.recorded_text import add_lines, delete_lines
from locum.sessions.recorded_text_model import recorded_text
from locum.vault.store import Vault

INTERVAL_S = 0.5
AT_ONCE = 10_000  # connections looked at in a round
EVENTS_AT_ONCE = 500
BYTES_AT_ONCE = 1024 * 1024
TURNS = 8  # of so much in a round
REST = 3  # times as long as it worked: whoever moves much data through the gateway keeps most of the processor
QUIET_S = 2.0  # after which a line that has not ended counts as one
LONGEST = 100_000  # lines of one recording
LONGEST_TEXT = 10_000_000  # characters in them

log = structlog.get_logger("locum.sessions")


class _Wanted(msgspec.Struct, frozen=True):
    connection_id: UUID
    closed: bool


class _Reading:
    """One recording that is being read. Methods block."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._events: Iterator[Event] = playback.events()
        self._lines = Lines()
        self._quiet_since = time.monotonic()
        self._seen = 0
        self._lines_taken = 0
        self._characters_taken = 0
        self.caught_up = False

    def has_news(self) -> bool:
        """Whether there is anything to do: more to read, or a line that nobody has ended for a while."""
        return not self.caught_up or self._playback.size != self._seen or (self._is_quiet and self._lines.pending)

    def more(self) -> list[TextLine]:
        """The next lines, maybe none; `caught_up` says whether there is nothing more for now. Raises Damaged."""
        events = self._take()
        if not events:
            self._seen = self._playback.size
            self._playback.grow()
            self._events = self._playback.events()
            events = self._take()
        self.caught_up = not events
        found = list(self._lines.take(events))
        if events:
            self._quiet_since = time.monotonic()
        elif self._is_quiet:
            found += self._lines.end()
        self._lines_taken += len(found)
        self._characters_taken += sum(len(line.text) for line in found)
        return found

    @property
    def is_too_long(self) -> bool:
        """Whether no more of it is taken."""
        return self._lines_taken >= LONGEST or self._characters_taken >= LONGEST_TEXT

    @property
    def _is_quiet(self) -> bool:
        return time.monotonic() - self._quiet_since > QUIET_S

    def _take(self) -> list[Event]:
        """Some events; those before a damage come first, and the next call raises it."""
        events: list[Event] = []
        size = 0
        try:
            for event in islice(self._events, EVENTS_AT_ONCE):
                events.append(event)
                size += len(event.data)
                if size >= BYTES_AT_ONCE:
                    break
        except Damaged:
            if not events:
                raise
        return events

    @property
    def at_end(self) -> bool:
        return self._playback.closed

    def rest(self) -> list[TextLine]:
        return list(self._lines.end())

    def close(self) -> None:
        self._playback.close()


class TextIndex:
    """One loop per process, for the recordings of `node`."""

    def __init__(self, db: Database, vault: Vault, store: Store, *, node: str) -> None:
        self._db = db
        self._vault = vault
        self._store = store
        self._node = node
        self._readings: dict[UUID, _Reading] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:  # The outermost boundary: recordings must be searchable when the database is back.
                log.exception("recordings can't be indexed")
            await asyncio.sleep(INTERVAL_S)

    async def look(self) -> None:
        """One round over all that is not done. What nothing has come of costs a look at its file, all in one go."""
        unfinished = await self._db.read(_unfinished, self._node)
        for wanted in await asyncio.to_thread(self._with_news, unfinished):
            try:
                await self._go_on(wanted)
            except (LocumError, OSError) as error:
                if wanted.closed:
                    log.error(
                        "a recording can't be indexed", recording=str(wanted.connection_id), reason=str(error)
                    )
                    await self._finish(wanted.connection_id, cut=True)

    def _with_news(self, unfinished: list[_Wanted]) -> list[_Wanted]:
        found = []
        for wanted in unfinished:
            reading = self._readings.get(wanted.connection_id)
            if wanted.closed or reading is None or reading.has_news():
                found.append(wanted)
        return found

    async def _go_on(self, wanted: _Wanted) -> None:
        reading = self._readings.get(wanted.connection_id)
        if reading is None:
            reading = await asyncio.to_thread(self._open, wanted.connection_id)
            await self._db.write(delete_lines, [wanted.connection_id])
            self._readings[wanted.connection_id] = reading
        for _ in range(TURNS):  # then it is the others' turn
            began = time.monotonic()
            lines = await asyncio.to_thread(reading.more)
            if lines:
                await self._db.write(add_lines, wanted.connection_id, lines)
            if reading.caught_up or reading.is_too_long:
                break
            await asyncio.sleep(REST * (time.monotonic() - began))
        if reading.is_too_long:
            await self._finish(wanted.connection_id, cut=True)
        elif reading.caught_up and (reading.at_end or wanted.closed):
            await self._finish(wanted.connection_id, cut=False)

    async def _finish(self, connection_id: UUID, *, cut: bool) -> None:
        reading = self._readings.get(connection_id)
        await self._db.write(_done, connection_id, reading.rest() if reading else [], cut=cut)
        if reading is not None:
            del self._readings[connection_id]
            reading.close()

    def _open(self, connection_id: UUID) -> _Reading:
        return _Reading(open_playback(self._vault, self._store.path(connection_id), connection_id))


def _unfinished(tx: ReadTx, node: str) -> list[_Wanted]:
    closed = connection.c.closed_at.is_not(None).label("closed")
    return tx.rows(
        _Wanted,
        sa.select(recorded_text.c.connection_id, closed)
        .join(connection, connection.c.id == recorded_text.c.connection_id)
        .where(recorded_text.c.node == node, recorded_text.c.done.is_(False))
        .order_by(recorded_text.c.connection_id)
        .limit(AT_ONCE),
    )


def _done(tx: Tx, connection_id: UUID, lines: list[TextLine], *, cut: bool) -> None:
    add_lines(tx, connection_id, lines)
    tx.run(
        sa.update(recorded_text).where(recorded_text.c.connection_id == connection_id).values(done=True, cut=cut)
    )
