"""Deleting somebody who has access: it ends, and no policy names them any more."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.identities.people import get
from locum.kit import jobs
from locum.kit.db import Database
from locum.kit.errors import NotFound
from locum.policies.model import policy_identity
from locum.sessions import transition
from locum.sessions.leave import leave
from locum.sessions.lifecycle import Status
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_sessions_end_and_policies_forget(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    sessions = [await database.write(request_session, ACTOR, asked, node="n") for _ in range(2)]
    await database.write(leave, world.vault, ACTOR, world.person)
    for session_id in sessions:
        session = await database.read(transition.get, session_id)
        assert (session.status, session.outcome) == (Status.CANCELLING, Status.CANCELLED)
        assert session.status_description == "its user was deleted"
    due = sa.select(jobs.job.c.subject_id).where(jobs.job.c.kind == transition.JOB)
    assert set(await database.read(lambda tx: tx.scalars(due))) == set(sessions)
    assert await database.read(lambda tx: tx.scalars(sa.select(policy_identity.c.member_id))) == []
    for fn in (lambda tx: get(tx, world.person), lambda tx: leave(tx, world.vault, ACTOR, world.person)):
        with pytest.raises(NotFound):
            await database.write(fn)
