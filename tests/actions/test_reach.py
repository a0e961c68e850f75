"""A host that is switched off and on: written down when it does not answer, tried again, and forgotten when it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from locum.actions.reach import REACH_JOB, look_again
from locum.kit import jobs
from locum.kit.db import Database
from locum.kit.jobs import job
from locum.main.compose import open_connector
from locum.resources.model import resource, unreached
from locum.sessions.lifecycle import Status
from stage import Stage, staged

pytestmark = pytest.mark.anyio


class Silent(msgspec.Struct, frozen=True):
    """What is written down of a host that does not answer."""

    resource_id: UUID
    since: dt.datetime
    reason: str


async def silent(stage: Stage) -> list[Silent]:
    return await stage.database.read(lambda tx: tx.rows(Silent, sa.select(unreached)))


async def look(stage: Stage) -> None:
    """The worker's next look, now."""
    mine = sa.update(job).where(job.c.kind == REACH_JOB)
    await stage.database.write(lambda tx: tx.run(mine.values(due_at=tx.now)))
    for held in await stage.database.write(jobs.claim, owner="n", limit=10):
        if held.kind == REACH_JOB:
            await look_again(stage.database, stage.world.vault, open_connector, held)


async def looks(stage: Stage) -> int:
    mine = sa.select(job.c.id).where(job.c.kind == REACH_JOB)
    return len(await stage.database.read(lambda tx: tx.scalars(mine)))


@pytest.fixture
async def stage(database: Database, tmp_path: Path, linux_hosts: list[Host]) -> AsyncIterator[Stage]:
    async with staged(database, tmp_path, linux_hosts[0]) as made:
        yield made


async def test_a_host_is_tried_again_until_it_answers(stage: Stage) -> None:
    """Also when nobody wants it any more."""
    session_id = await stage.ask()
    hosts.stop_sshd(stage.host)
    try:
        await stage.turn()
        await stage.end(session_id)
        await stage.turn()
        (since,) = await silent(stage)
        assert since.reason.startswith("can't reach")
        await look(stage)
        assert await silent(stage) == [since]
        assert await looks(stage) == 1
    finally:
        hosts.start_sshd(stage.host)
    await look(stage)
    assert await silent(stage) == []
    assert await looks(stage) == 0


async def test_whoever_reaches_it_first_takes_it_away(stage: Stage) -> None:
    hosts.stop_sshd(stage.host)
    try:
        for _ in range(2):
            session_id = await stage.ask()
            await stage.turn()
        assert len(await silent(stage)) == 1
    finally:
        hosts.start_sshd(stage.host)
    theirs = sa.update(job).where(job.c.kind != REACH_JOB)
    await stage.database.write(lambda tx: tx.run(theirs.values(due_at=tx.now)))
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    assert await silent(stage) == []
    await look(stage)
    assert await looks(stage) == 0


async def test_a_host_that_refuses_has_answered(stage: Stage) -> None:
    """Whatever it says: a key that is not the trusted one, too."""
    hosts.stop_sshd(stage.host)
    try:
        await stage.ask()
        await stage.turn()
    finally:
        hosts.start_sshd(stage.host)
    assert len(await silent(stage)) == 1
    another = sa.update(resource).values(trusted_host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF")
    await stage.database.write(lambda tx: tx.run(another))
    await look(stage)
    assert await silent(stage) == []
