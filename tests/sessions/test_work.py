"""Putting a session off: said where people look, tried again later and later, and not past its time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.kit import jobs
from locum.kit.db import Database
from locum.kit.jobs import Job, LostLease
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import LogLevel, access_session, session_log
from locum.sessions.request import Request, request_session
from locum.sessions.work import give_back
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
async def session_id(database: Database, tmp_path: Path) -> UUID:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    return await database.write(request_session, ACTOR, asked, node="n")


async def claim(database: Database) -> Job:
    await database.write(lambda tx: tx.run(sa.update(jobs.job).values(due_at=tx.now - SECOND)))
    (held,) = await database.write(jobs.claim, owner="n", limit=1)
    return held


async def put_off(database: Database, held: Job) -> dt.datetime:
    """Answers when it is tried again."""
    session = await database.read(transition.get, held.subject_id)
    await database.write(give_back, held, session, "the host is down", level=LogLevel.WARN)
    due = await database.read(jobs.next_due)
    assert due is not None
    return due


async def lines(database: Database) -> list[tuple[int, str]]:
    query = sa.select(session_log.c.level, session_log.c.text).order_by(session_log.c.id)
    levels = await database.read(lambda tx: tx.scalars(query))
    texts = await database.read(lambda tx: tx.scalars(query.with_only_columns(session_log.c.text)))
    return list(zip(levels, texts, strict=True))[1:]


async def test_the_wait_doubles_up_to_half_a_minute_and_is_said(database: Database, session_id: UUID) -> None:
    before = dt.datetime.now(dt.UTC)
    for wait in (1, 2, 4, 8, 16, 30, 30):
        assert await put_off(database, await claim(database)) >= before + wait * SECOND
    assert await lines(database) == [
        (LogLevel.WARN, f"the host is down; trying again in {wait} s") for wait in (1, 2, 4, 8, 16, 30, 30)
    ]


async def test_what_is_pending_is_looked_at_when_its_time_is_over(database: Database, session_id: UUID) -> None:
    for _ in range(5):
        await put_off(database, await claim(database))
    soon = dt.datetime.now(dt.UTC) + 10 * SECOND
    await database.write(lambda tx: tx.run(sa.update(access_session).values(scheduled_end=soon)))
    assert await put_off(database, await claim(database)) == soon
    ending = sa.update(access_session).values(status=Status.CANCELLING, outcome=Status.FAILED)
    await database.write(lambda tx: tx.run(ending))
    assert await put_off(database, await claim(database)) > soon


async def test_the_profile_says_how_long_access_waits_but_not_its_end(
    database: Database, session_id: UUID
) -> None:
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values(session_retry_interval=90)))
    for _ in range(3):
        await put_off(database, await claim(database))
    assert {text for _, text in await lines(database)} == {"the host is down; trying again in 90 s"}
    soon = dt.datetime.now(dt.UTC) + 10 * SECOND
    await database.write(lambda tx: tx.run(sa.update(access_session).values(scheduled_end=soon)))
    assert await put_off(database, await claim(database)) == soon
    ending = sa.update(access_session).values(status=Status.CANCELLING, outcome=Status.FAILED)
    await database.write(lambda tx: tx.run(ending))
    assert await put_off(database, await claim(database)) < dt.datetime.now(dt.UTC) + 31 * SECOND


async def test_who_lost_the_lease_puts_nothing_off(database: Database, session_id: UUID) -> None:
    held = await claim(database)
    await database.write(jobs.take_back, "n")
    session = await database.read(transition.get, session_id)
    with pytest.raises(LostLease):
        await database.write(give_back, held, session, "the host is down", level=LogLevel.WARN)
    assert await lines(database) == []
