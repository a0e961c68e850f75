"""How often an API key was used, when last and from where.

A key whose uses are limited is counted before each use, in a transaction of its own, so that it is never used once too
often. All others are counted in memory and written down every few seconds: a crash forgets those few seconds, and a
read of a secret need not wait for a write.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
import structlog

from locum.identities.model import api_key
from locum.kit.db import Database, Tx
from locum.kit.errors import Unauthenticated

INTERVAL_S = 5.0

log = structlog.get_logger("locum.identities")


@dataclass(slots=True)
class _Uses:
    count: int
    address: str | None


def spend(tx: Tx, key_id: UUID, address: str | None) -> None:
    """Count one use of a key whose uses are limited. Raises Unauthenticated when none is left."""
    left = sa.or_(api_key.c.max_uses.is_(None), api_key.c.use_count < api_key.c.max_uses)
    counted = (
        sa.update(api_key)
        .where(api_key.c.id == key_id, left)
        .values(use_count=api_key.c.use_count + 1, last_used_at=tx.now, last_used_from=address)
    )
    if not tx.run(counted):
        raise Unauthenticated("the API key is not valid any more: its uses are used up")


class KeyUsage:
    """Collects uses; `run` writes them down."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._uses: dict[UUID, _Uses] = {}
        self._guard = threading.Lock()

    def note(self, key_id: UUID, address: str | None) -> None:
        """One use of a key, now. Cheap, and safe from any thread."""
        with self._guard:
            seen = self._uses.get(key_id)
            if seen is None:
                self._uses[key_id] = _Uses(1, address)
            else:
                seen.count, seen.address = seen.count + 1, address

    async def flush(self) -> None:
        """Write down what was collected; what can't be written now stays for the next time."""
        with self._guard:
            uses, self._uses = self._uses, {}
        if not uses:
            return
        writing = asyncio.ensure_future(self._db.write(_add, uses))
        try:
            # Whoever stops this can't stop the database's thread: what it writes meanwhile must not come a second time.
            await asyncio.shield(writing)
        except BaseException:
            await asyncio.wait([writing])
            if writing.exception() is not None:
                self._keep(uses)
            raise

    def _keep(self, uses: dict[UUID, _Uses]) -> None:
        with self._guard:
            for key_id, seen in uses.items():
                newer = self._uses.setdefault(key_id, seen)
                if newer is not seen:
                    newer.count += seen.count

    async def run(self) -> None:
        """Flush every few seconds, for the life of the process."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                await self.flush()
            except Exception:  # the outermost boundary: uses must be counted when the database is back
                log.exception("uses of API keys can't be written down")


def _add(tx: Tx, uses: dict[UUID, _Uses]) -> None:
    for key_id, seen in uses.items():
        tx.run(
            sa.update(api_key)
            .where(api_key.c.id == key_id)
            .values(use_count=api_key.c.use_count + seen.count, last_used_at=tx.now, last_used_from=seen.address)
        )
