"""What failed is tried again at once when an administrator says so, seen on a real host."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from demo import hosts
from hosts import settled, state_of
from locum.kit import jobs, pause
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.sessions.lifecycle import Status
from locum.sessions.run_again import run_again
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def sleep_long(stage: Stage) -> None:
    """The wait after the failure is an hour, so that nobody looks by itself."""
    due = sa.update(jobs.job)
    await stage.database.write(lambda tx: tx.run(due.values(due_at=tx.now + dt.timedelta(hours=1))))


async def run(stage: Stage, session_id: UUID) -> None:
    await stage.database.write(run_again, ACTOR, session_id)


async def test_a_host_that_is_repaired_is_tried_at_once_at_both_ends(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    for start, end in ((Status.PENDING, Status.ACTIVE), (Status.CANCELLING, Status.COMPLETE)):
        hosts.stop_sshd(stage.host)
        try:
            await stage.turn()
            await sleep_long(stage)
        finally:
            hosts.start_sshd(stage.host)
        await stage.turn()
        assert (await stage.session(session_id)).status == start
        await run(stage, session_id)
        await stage.turn()
        assert (await stage.session(session_id)).status == end
        if end is Status.ACTIVE:
            assert state_of(stage.host) != before
            await stage.end(session_id)
    assert settled(stage.host, before)
    assert "test has it tried again now" in await stage.log(session_id)


async def test_what_has_nothing_to_do_or_is_being_done_is_left_alone(stage: Stage) -> None:
    with pytest.raises(NotFound):
        await run(stage, new_id())
    session_id = await stage.ask()
    (held,) = await stage.database.write(jobs.claim, owner="n", limit=1)
    with pytest.raises(Conflict, match="a worker is at it"):
        await run(stage, session_id)
    await stage.database.write(lambda tx: jobs.again(tx, held, due_at=tx.now))
    await stage.turn()
    with pytest.raises(Conflict, match="nothing to do before"):
        await run(stage, session_id)
    await stage.end(session_id)
    await stage.database.write(pause.begin, "a test")
    with pytest.raises(Conflict, match="paused"):
        await run(stage, session_id)
    await stage.database.write(pause.end)
    await stage.turn()
    with pytest.raises(Conflict, match="is over"):
        await run(stage, session_id)
