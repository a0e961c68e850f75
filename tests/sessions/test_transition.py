"""One state to the next: legal steps only, each won by one, and every end in the log, the audit log and the jobs."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, LocumError, NotFound
from locum.kit.ids import new_id
from locum.policies.workflow_model import approval_workflow
from locum.sessions import transition
from locum.sessions.lifecycle import ENDED, Status, may_become
from locum.sessions.model import AccessSession, access_session, session_log
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

WORKFLOW = UUID(int=11)
NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)


@pytest.fixture
async def session(database: Database, tmp_path: Path) -> AccessSession:
    """A pending session that starts tomorrow."""
    world = await make_world(database, tmp_path)
    asked = Request(
        identity_id=world.person,
        activity_id=world.sudo,
        resource_id=world.resource,
        start=dt.datetime.now(dt.UTC) + dt.timedelta(days=1),
    )
    made = await database.write(request_session, ACTOR, asked, node="n")
    row = {
        "id": WORKFLOW,
        "name": "w",
        "name_key": "w",
        "self_approval": False,
        "created_at": NOW,
        "modified_at": NOW,
    }
    await database.write(lambda tx: tx.add(approval_workflow, **row))
    return await database.read(transition.get, made)


def columns(status: Status) -> dict[str, Any]:
    """What a row in that state has besides."""
    return {
        "actual_start": NOW if status is Status.ACTIVE else None,
        "outcome": Status.COMPLETE if status is Status.CANCELLING else None,
        "actual_end": NOW if status in ENDED else None,
        "workflow_id": WORKFLOW,
        "tier_number": 1 if status is Status.APPROVAL_REQUIRED else None,
        "tier_since": NOW if status is Status.APPROVAL_REQUIRED else None,
    }


async def put(database: Database, session_id: UUID, status: Status) -> AccessSession:
    change = sa.update(access_session).where(access_session.c.id == session_id)
    await database.write(lambda tx: tx.run(change.values(status=status, **columns(status))))
    return await database.read(transition.get, session_id)


async def texts(database: Database) -> list[str]:
    return await database.read(lambda tx: tx.scalars(sa.select(session_log.c.text).order_by(session_log.c.id)))


async def test_an_unknown_session_is_not_found(database: Database, session: AccessSession) -> None:
    with pytest.raises(NotFound):
        await database.read(transition.get, new_id())
    assert await database.write(transition.get, session.id, hold=True) == session


async def test_every_step_is_legal_or_refused(database: Database, session: AccessSession) -> None:
    for now in Status:
        for then in Status:
            before = await put(database, session.id, now)
            if may_become(now, then):
                await database.write(transition.move, before, then, **columns(then))
                after = await database.read(transition.get, session.id)
                assert (after.status, after.modified_at > before.modified_at) == (then, True)
                continue
            with pytest.raises(Conflict, match=now.name):
                await database.write(transition.move, before, then, **columns(then))
            assert await database.read(transition.get, session.id) == before


async def test_a_lost_step_is_a_conflict(database: Database, session: AccessSession) -> None:
    await put(database, session.id, Status.ACTIVE)
    with pytest.raises(Conflict, match="just changed"):
        await database.write(transition.move, session, Status.CANCELLING, outcome=Status.COMPLETE)
    assert (await database.read(transition.get, session.id)).status == Status.ACTIVE


async def test_of_many_at_once_one_wins(database: Database, session: AccessSession) -> None:
    async def step() -> bool:
        try:
            await database.write(transition.move, session, Status.ACTIVE, actual_start=NOW)
        except LocumError:
            return False
        return True

    assert sum(await asyncio.gather(*(step() for _ in range(8)))) == 1


async def test_an_end_is_written_down_everywhere_once(database: Database, session: AccessSession) -> None:
    def end(tx: Tx, reason: str) -> None:
        transition.begin_end(tx, ACTOR, session, outcome=Status.CANCELLED, reason=reason)

    assert await database.write(jobs.claim, owner="n", limit=5) == []
    await asyncio.gather(*(database.write(end, f"reason {n}") for n in range(6)))
    found = await database.read(transition.get, session.id)
    assert (found.status, found.outcome, found.cancelled_by) == (Status.CANCELLING, Status.CANCELLED, ACTOR.id)
    assert found.status_description is not None
    assert (await texts(database))[1:] == [f"ending: {found.status_description}"]
    audited = sa.select(sa.func.count()).where(audit_event.c.action == "session.ending")
    assert await database.read(lambda tx: tx.scalar(audited)) == 1
    assert [job.subject_id for job in await database.write(jobs.claim, owner="n", limit=5)] == [session.id]


async def test_an_end_counts_whatever_the_session_became_since_it_was_read(
    database: Database, session: AccessSession
) -> None:
    await put(database, session.id, Status.ACTIVE)
    await database.write(transition.begin_end, ACTOR, session, outcome=Status.COMPLETE, reason="enough")
    assert (await database.read(transition.get, session.id)).status == Status.CANCELLING


@pytest.mark.parametrize("status", sorted(ENDED))
async def test_what_has_ended_stays_as_it_ended(
    database: Database, session: AccessSession, status: Status
) -> None:
    before = await put(database, session.id, status)
    await database.write(transition.begin_end, ACTOR, before, outcome=Status.CANCELLED, reason="again")
    assert await database.read(transition.get, session.id) == before


async def test_a_line_has_a_length(database: Database, session: AccessSession) -> None:
    await database.write(transition.say, session.id, "ö" * 5000)
    assert (await texts(database))[1] == "ö" * 2000
