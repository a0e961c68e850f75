"""The independent look: no live session without work, none past its time without an alarm."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.db import Database
from locum.sessions.lifecycle import Status
from locum.sessions.model import LogLevel, access_session, session_log
from locum.sessions.request import Request, request_session
from locum.sessions.sweep import GRACE, sweep
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

HOUR = dt.timedelta(hours=1)
STATES = {
    Status.PENDING: {},
    Status.ACTIVE: {"actual_start": dt.datetime(2026, 3, 4, tzinfo=dt.UTC)},
    Status.CANCELLING: {"outcome": Status.COMPLETE},
}


@pytest.fixture
async def session_id(database: Database, tmp_path: Path) -> UUID:
    """A session whose job is due in an hour."""
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    made = await database.write(request_session, ACTOR, asked, node="n")
    await database.write(lambda tx: tx.run(sa.update(jobs.job).values(due_at=tx.now + HOUR)))
    return made


async def change(database: Database, **values: object) -> None:
    await database.write(lambda tx: tx.run(sa.update(access_session).values(**values)))


async def due_in(database: Database) -> float | None:
    due = await database.read(jobs.next_due)
    return None if due is None else (due - dt.datetime.now(dt.UTC)).total_seconds()


async def errors(database: Database) -> list[str]:
    query = sa.select(session_log.c.text).where(session_log.c.level == LogLevel.ERROR)
    return await database.read(lambda tx: tx.scalars(query))


@pytest.mark.parametrize("status", STATES)
async def test_a_live_session_without_work_gets_it_back(
    database: Database, session_id: UUID, status: Status
) -> None:
    await change(database, status=status, **STATES[status])
    await database.write(lambda tx: tx.run(sa.delete(jobs.job)))
    assert await database.write(sweep) == []
    assert [job.subject_id for job in await database.write(jobs.claim, owner="n", limit=5)] == [session_id]
    assert await errors(database) == ["nobody was working on this session: it is taken up again"]
    assert await database.write(sweep) == []
    assert len(await errors(database)) == 1


@pytest.mark.parametrize("status", STATES)
async def test_a_session_past_its_time_is_an_alarm_and_comes_up_soon(
    database: Database, session_id: UUID, status: Status
) -> None:
    now = dt.datetime.now(dt.UTC)
    await change(
        database, status=status, scheduled_start=now - HOUR, scheduled_end=now - GRACE / 2, **STATES[status]
    )
    assert await database.write(sweep) == []
    waits = await due_in(database)
    assert waits is not None
    assert (waits > 3000) is (status != Status.CANCELLING)  # an end that was asked for is never far away
    await change(database, scheduled_end=now - GRACE - dt.timedelta(seconds=1))
    assert await database.write(sweep) == [session_id]
    waits = await due_in(database)
    assert waits is not None
    assert 20 < waits <= jobs.BACKOFF_LONGEST.total_seconds()


async def test_an_end_that_lies_far_away_after_the_clock_was_set_back_comes_up_soon(
    database: Database, session_id: UUID
) -> None:
    await change(database, status=Status.CANCELLING, **STATES[Status.CANCELLING])
    assert await database.write(sweep) == []
    waits = await due_in(database)
    assert waits is not None
    assert waits <= jobs.BACKOFF_LONGEST.total_seconds()


async def test_looking_does_not_take_away_the_wait_after_a_failure(database: Database, session_id: UUID) -> None:
    """Else sessions past their time on a dead host would be tried without a pause, and hold up all others."""
    now = dt.datetime.now(dt.UTC)
    await change(
        database,
        status=Status.CANCELLING,
        scheduled_start=now - 2 * HOUR,
        scheduled_end=now - HOUR,
        **STATES[Status.CANCELLING],
    )
    await database.write(lambda tx: tx.run(sa.update(jobs.job).values(due_at=tx.now, attempts=9)))
    (held,) = await database.write(jobs.claim, owner="n", limit=5)
    assert await database.write(sweep) == [session_id]
    await database.write(jobs.failed, held, "the host is down")
    assert await database.write(jobs.claim, owner="n", limit=5) == []


async def test_what_has_ended_is_left_alone(database: Database, session_id: UUID) -> None:
    now = dt.datetime.now(dt.UTC)
    await change(
        database,
        status=Status.COMPLETE,
        actual_end=now - HOUR,
        scheduled_start=now - 3 * HOUR,
        scheduled_end=now - 2 * HOUR,
    )
    await database.write(lambda tx: tx.run(sa.delete(jobs.job)))
    assert await database.write(sweep) == []
    assert await due_in(database) is None
    assert await errors(database) == []
