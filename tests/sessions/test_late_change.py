"""A worker that was frozen and overtaken makes its change all the same: that is seen, told, and taken away again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa

from audited import details
from hosts import settled, state_of
from locum.connectors.base import Connector, Step, Target
from locum.kit import jobs
from locum.kit.jobs import LostLease
from locum.main.compose import open_connector
from locum.sessions import ledger
from locum.sessions.advance import advance
from locum.sessions.late_change import came_late
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState
from locum.sessions.sweep import sweep
from stage import Stage

pytestmark = pytest.mark.anyio


class Frozen:
    """A connection whose worker is frozen before its change of that kind, until the session has ended elsewhere."""

    def __init__(self, connection: Connector, stage: Stage, session_id: UUID, kind: str) -> None:
        self.connection, self.stage, self.session_id, self.kind = connection, stage, session_id, kind
        self.host_key, self.host_key_thumbprint = connection.host_key, connection.host_key_thumbprint
        self.look, self.revert = connection.look, connection.revert

    async def apply(self, step: Step) -> str:
        if step.kind == self.kind:
            await self.stage.database.write(jobs.take_back, "n")
            await self.stage.end(self.session_id)
            await self.stage.turn()
            assert (await self.stage.session(self.session_id)).status == Status.COMPLETE
        return await self.connection.apply(step)


async def overtaken(stage: Stage, session_id: UUID, kind: str) -> None:
    """Another node ends the session while the first is about to make a change of that kind."""

    @asynccontextmanager
    async def connect(name: str, target: Target) -> AsyncIterator[Connector]:
        async with open_connector(name, target) as connection:
            yield Frozen(connection, stage, session_id, kind)

    (held,) = await stage.database.write(jobs.claim, owner="n", limit=1)
    with pytest.raises(LostLease):
        await advance(replace(stage.work, connect=connect), held)


async def test_a_change_that_comes_after_the_end_is_taken_away_again(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    await overtaken(stage, session_id, "account")
    assert not settled(stage.host, before)
    account, *others = await stage.database.read(ledger.entries, session_id)
    assert account.state == EntryState.INTENDED
    assert {entry.state for entry in others} == {EntryState.REVERTED}
    assert "account was made by a worker that had lost this session" in await stage.log(session_id)
    (told,) = details(stage.database, "session.change_came_late", session_id)
    assert told["step"] == "account"
    await stage.turn()
    assert settled(stage.host, before)
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert (await stage.session(session_id)).status == Status.COMPLETE
    assert await stage.database.read(jobs.next_due) is None


async def test_the_sweep_finds_it_without_its_job(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    await overtaken(stage, session_id, "account")
    await stage.database.write(lambda tx: tx.run(sa.delete(jobs.job)))
    await stage.turn()
    assert not settled(stage.host, before)
    await stage.database.write(sweep)
    await stage.turn()
    assert settled(stage.host, before)


async def test_what_is_not_reverted_stays_as_it_is(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    for entry in await stage.database.read(ledger.entries, session_id):
        await stage.database.write(came_late, entry)
    assert await stage.states(session_id) == {EntryState.APPLIED}
    assert details(stage.database, "session.change_came_late") == []
    await stage.end(session_id)
    await stage.turn()
