"""Moves this node's closed recordings to the archive, and deletes there those whose time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import structlog

from locum.kit import pause
from locum.kit.db import Database
from locum.kit.errors import LocumError, NotFound, StartError
from locum.kit.settings import Settings
from locum.recordings.archive import Archive, Place
from locum.recordings.key import wrapped_key
from locum.recordings.reader import Damaged
from locum.recordings.store import Store
from locum.sessions import archiving
from locum.vault.seal import SealBroken

INTERVAL_S = 10.0
AFTER_TROUBLE_S = 60.0

log = structlog.get_logger("locum")


def open_archive(settings: Settings, store: Store) -> Archive | None:
    """The archive that the settings name, not asked for anything yet. Raises StartError."""
    if settings.recordings_archive is None:
        return None
    ca = settings.recordings_archive_ca
    try:
        trusted = ca.read_bytes() if ca else None
    except OSError as error:
        raise StartError(f"can't read --recordings-archive-ca {ca}: {error.strerror}") from None
    return Archive(Place(settings.recordings_archive, settings.recordings_archive_endpoint, trusted), store)


class Archiver:
    """`trouble` is why the archive took nothing the last time, None while it does."""

    def __init__(self, db: Database, archive: Archive, store: Store, *, node: str) -> None:
        self.trouble: str | None = None
        self._db = db
        self._archive = archive
        self._store = store
        self._node = node
        self._unreadable: set[UUID] = set()  # they stay here, and are tried again by the next process

    async def run(self) -> None:
        """For ever. What does not go waits here: nobody's session depends on the archive."""
        while True:
            try:
                await self.round()
                self.trouble = None
            except LocumError as error:
                if self.trouble is None:
                    log.error("recordings wait for the archive", reason=error.detail)
                self.trouble = error.detail
            except Exception:  # The outermost boundary of the task: the database may be away.
                log.exception("recordings can't be archived")
            await asyncio.sleep(INTERVAL_S if self.trouble is None else AFTER_TROUBLE_S)

    async def round(self) -> None:
        """Everything that is due now. Raises NotAvailable where the archive can't be used. In a restored copy nothing
        is done: the original's recordings are not the copy's to move or delete."""
        if await self._db.read(pause.current) is not None:
            return
        await self._each(lambda: self._db.read(archiving.due, self._node, self._unreadable), self._move)
        await self._each(lambda: self._db.read(archiving.to_delete), self._delete)

    async def _each(
        self, found: Callable[[], Awaitable[list[UUID]]], do: Callable[[UUID], Awaitable[None]]
    ) -> None:
        while ids := await found():
            for recording_id in ids:
                await do(recording_id)

    async def _move(self, recording_id: UUID) -> None:
        key: str | None = None
        with suppress(NotFound):  # its connection never got so far as to make the file
            try:
                key = await asyncio.to_thread(wrapped_key, self._store.path(recording_id))
            except (Damaged, SealBroken) as error:
                log.error("a recording can't be archived", recording=str(recording_id), reason=error.detail)
                self._unreadable.add(recording_id)
                return
            await asyncio.to_thread(self._archive.put, recording_id)
        await self._db.write(archiving.archived, recording_id, key)
        with suppress(NotFound):
            await asyncio.to_thread(self._store.delete, recording_id)

    async def _delete(self, recording_id: UUID) -> None:
        await asyncio.to_thread(self._archive.delete, recording_id)
        await self._db.write(archiving.deleted, recording_id)
