"""Refusals of signed-in callers in the audit log, so that many of them can't flood it."""

from __future__ import annotations

import time
from uuid import UUID

from locum.audit.log import record
from locum.identities.caller import Caller
from locum.kit.db import Database
from locum.kit.errors import Forbidden

INTERVAL_SECONDS = 60
REMEMBERED = 10_000


class Denials:
    """Writes one row a minute for each caller and operation; the rest of that minute is only answered."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._last: dict[tuple[UUID, str], float] = {}

    async def note(self, caller: Caller, operation: str, error: Forbidden) -> None:
        """Record that `caller` was refused `operation`. The refused unit is rolled back, so this is one of its own."""
        key = (caller.identity_id, operation)
        now = time.monotonic()
        if now - self._last.get(key, -INTERVAL_SECONDS) < INTERVAL_SECONDS:
            return
        if len(self._last) >= REMEMBERED:
            self._last = {k: at for k, at in self._last.items() if now - at < INTERVAL_SECONDS}
        self._last[key] = now
        await self._db.write(
            record,
            caller.actor,
            "access.denied",
            outcome="denied",
            detail={"operation": operation, "missing": error.missing or error.detail},
        )
