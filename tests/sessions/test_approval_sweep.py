"""The look at every request that waits for approval: it does what is due, once, and wakes the worker."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from locum.kit import jobs, pause
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict
from locum.sessions.approval import approvals_of
from locum.sessions.approval_sweep import settle_waiting, waiting
from locum.sessions.approval_workflow import NewTier
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from sessions.test_approval import Desk, desk  # noqa: F401 - a fixture

pytestmark = pytest.mark.anyio


async def test_an_escalation_that_is_due_is_made_once(database: Database, desk: Desk) -> None:  # noqa: F811
    bob, carl = desk.people["bob"], desk.people["carl"]
    await desk.workflow(NewTier((bob,), escalation_id=carl, escalation_minutes=10))
    session_id = await desk.ask()
    assert await database.read(waiting, None) == [session_id]
    assert await database.read(waiting, frozenset()) == []
    assert await database.write(settle_waiting, [session_id]) == 0

    def earlier(tx: Tx) -> None:
        tx.run(sa.update(access_session).values(tier_since=tx.now - dt.timedelta(minutes=11)))
        tx.run(sa.delete(jobs.job))

    await database.write(earlier)
    assert await database.write(settle_waiting, [session_id]) == 1
    assert await database.write(settle_waiting, [session_id]) == 0
    assert [row.approver_id for row in await database.read(approvals_of, session_id)] == [bob, carl]
    assert await database.read(jobs.next_due) is not None


async def test_a_paused_copy_settles_nothing(database: Database, desk: Desk) -> None:  # noqa: F811
    await desk.workflow(NewTier((desk.people["bob"],)))
    session_id = await desk.ask()
    await database.write(pause.begin, "restored")
    with pytest.raises(Conflict):
        await database.write(settle_waiting, [session_id])
    assert await desk.status(session_id) == Status.APPROVAL_REQUIRED
