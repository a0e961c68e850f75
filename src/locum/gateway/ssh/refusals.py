"""What was asked for in vain in one connection, on its way into the audit log: the first of it, for a client may ask
without an end."""

from __future__ import annotations

import asyncio
from uuid import UUID

from locum.gateway.ssh.gate import Gate
from locum.gateway.ssh.relay import Refusal
from locum.kit.actor import Actor

AUDITED = 20


class Refusals:
    """Those of `actor`."""

    def __init__(self, gate: Gate, actor: Actor) -> None:
        self._gate = gate
        self._actor = actor
        self._writing: list[asyncio.Task[None]] = []

    def add(self, refusal: Refusal, session_id: UUID | None) -> None:
        """Write it soon, if there were not too many. `session_id` None: there is no session yet."""
        if len(self._writing) < AUDITED:
            self._writing.append(asyncio.get_running_loop().create_task(self._write(refusal, session_id)))

    async def written(self) -> None:
        """Wait until all are. Raises what the database does."""
        await asyncio.gather(*self._writing)

    async def _write(self, refusal: Refusal, session_id: UUID | None) -> None:
        await self._gate.refused(self._actor, refusal.kind, refusal.asked, session_id)
