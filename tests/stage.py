"""One installation with one real host, and its sessions driven by the worker's own step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from demo.hosts import Host

from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.wake import Wake
from locum.main.compose import open_connector
from locum.sessions import ledger, transition
from locum.sessions.advance import advance
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, EntryState, session_log
from locum.sessions.request import Request, request_session
from locum.sessions.transition import JOB
from locum.sessions.work import SessionWork
from world import ACTOR, World, make_world


@dataclass
class Stage:
    """One installation with one host."""

    database: Database
    world: World
    work: SessionWork
    host: Host

    async def ask(self, **changes: object) -> UUID:
        wanted = {"activity_id": self.world.sudo, "resource_id": self.world.resource, **changes}
        request = Request(identity_id=self.world.person, **wanted)  # type: ignore[arg-type]
        return await self.database.write(request_session, ACTOR, request, node="n")

    async def turn(self) -> None:
        """Do all that is due now, as the worker would."""
        while claimed := await self.database.write(jobs.claim, owner="n", limit=10):
            await asyncio.gather(*(advance(self.work, job) for job in claimed))

    async def turn_sessions(self) -> None:
        """The same, for sessions alone: rotations that they asked for stay to be seen."""
        while claimed := await self.database.write(jobs.claim, owner="n", limit=10):
            mine = [job for job in claimed if job.kind == JOB]
            await asyncio.gather(*(advance(self.work, job) for job in mine))
            if not mine:
                return

    async def session(self, session_id: UUID) -> AccessSession:
        return await self.database.read(transition.get, session_id)

    async def states(self, session_id: UUID) -> set[EntryState]:
        return {entry.state for entry in await self.database.read(ledger.entries, session_id)}

    async def end(self, session_id: UUID) -> None:
        def end(tx: Tx) -> None:
            session = transition.get(tx, session_id)
            transition.begin_end(tx, ACTOR, session, outcome=Status.COMPLETE, reason="enough")

        await self.database.write(end)

    async def log(self, session_id: UUID) -> str:
        lines = (
            sa.select(session_log.c.text).where(session_log.c.session_id == session_id).order_by(session_log.c.id)
        )
        return "\n".join(await self.database.read(lambda tx: tx.scalars(lines)))


@asynccontextmanager
async def staged(database: Database, folder: Path, host: Host) -> AsyncIterator[Stage]:
    world = await make_world(database, folder, host)
    yield Stage(database, world, SessionWork(database, world.vault, open_connector, Wake()), host)
