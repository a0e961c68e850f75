"""Durable work: a job is held by one owner at a time, and no wish to look at it is slept over."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.kit.jobs import Job, LostLease

pytestmark = pytest.mark.anyio

SECOND = dt.timedelta(seconds=1)


def make(tx: Tx, subject: UUID, delay: dt.timedelta = -SECOND) -> None:
    jobs.schedule(tx, "test", subject, due_at=tx.now + delay)


async def claim_one(database: Database, owner: str = "node-a") -> Job:
    claimed = await database.write(jobs.claim, owner=owner, limit=10)
    assert len(claimed) == 1
    return claimed[0]


async def test_a_due_job_is_claimed_once(database: Database) -> None:
    subject = new_id()
    await database.write(make, subject)
    rounds = await asyncio.gather(*(database.write(jobs.claim, owner=f"n{i}", limit=5) for i in range(8)))
    assert [job.subject_id for found in rounds for job in found] == [subject]


async def test_a_job_is_not_claimed_before_it_is_due(database: Database) -> None:
    await database.write(make, new_id(), 60 * SECOND)
    assert await database.write(jobs.claim, owner="a", limit=5) == []
    due = await database.read(jobs.next_due)
    assert due is not None
    assert due > dt.datetime.now(dt.UTC) + 50 * SECOND


async def test_scheduling_again_moves_it_closer_but_never_away(database: Database) -> None:
    subject = new_id()
    await database.write(make, subject, 60 * SECOND)
    await database.write(make, subject, 3600 * SECOND)
    assert await database.write(jobs.claim, owner="a", limit=5) == []
    await database.write(make, subject)
    assert (await claim_one(database)).subject_id == subject


async def test_a_wish_written_while_the_job_is_held_is_not_slept_over(database: Database) -> None:
    subject = new_id()
    await database.write(make, subject)
    held = await claim_one(database)
    await database.write(make, subject)
    await database.write(jobs.again, held, due_at=dt.datetime.now(dt.UTC) + 3600 * SECOND)
    assert (await claim_one(database)).subject_id == subject


async def test_an_outdated_holder_can_change_nothing(database: Database) -> None:
    subject = new_id()
    await database.write(make, subject)
    lost = await claim_one(database, "node-a:1")
    assert await database.write(jobs.take_back, "node-a") == 1
    taken = await claim_one(database, "node-a:2")
    assert taken.attempts == 0
    for change in (jobs.hold, jobs.done):
        with pytest.raises(LostLease):
            await database.write(change, lost)
    with pytest.raises(LostLease):
        await database.write(jobs.again, lost, due_at=dt.datetime.now(dt.UTC))
    with pytest.raises(LostLease):
        await database.write(jobs.failed, lost, "late")
    await database.write(jobs.done, taken)
    assert await database.read(jobs.next_due) is None


async def test_an_expired_lease_is_taken_over(database: Database) -> None:
    await database.write(make, new_id())
    held = await claim_one(database, "dead")
    assert await database.write(jobs.claim, owner="alive", limit=5) == []
    past = dt.datetime.now(dt.UTC) - SECOND
    await database.write(lambda tx: tx.run(sa.update(jobs.job).values(lease_until=past)))
    assert (await claim_one(database, "alive")).fence == held.fence + 1


async def test_failures_back_off_up_to_half_a_minute_and_are_forgotten_after_success(database: Database) -> None:
    await database.write(make, new_id())
    waits = []
    for _ in range(8):
        held = await claim_one(database)
        due = await database.write(jobs.failed, held, "down")
        waits.append(round((due - dt.datetime.now(dt.UTC)).total_seconds()))
        await database.write(lambda tx: tx.run(sa.update(jobs.job).values(due_at=tx.now - SECOND)))
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    held = await claim_one(database)
    assert held.attempts == 8
    await database.write(jobs.again, held, due_at=dt.datetime.now(dt.UTC) - SECOND)
    assert (await claim_one(database)).attempts == 0


async def test_a_retry_comes_no_later_than_the_deadline(database: Database) -> None:
    await database.write(make, new_id())
    held = await claim_one(database)
    deadline = dt.datetime.now(dt.UTC) + SECOND / 2
    assert await database.write(jobs.failed, held, "down", no_later_than=deadline) == deadline


async def test_what_failed_before_lets_the_others_go_first(database: Database) -> None:
    dead, alive = new_id(), new_id()
    await database.write(make, dead, -60 * SECOND)
    await database.write(lambda tx: tx.run(sa.update(jobs.job).values(attempts=3)))
    await database.write(make, alive)
    (first,) = await database.write(jobs.claim, owner="a", limit=1)
    assert first.subject_id == alive
    assert (await claim_one(database)).subject_id == dead


async def test_a_lease_from_before_the_clock_was_set_back_binds_nobody(database: Database) -> None:
    await database.write(make, new_id())
    lost = await claim_one(database)
    await database.write(lambda tx: tx.run(sa.update(jobs.job).values(lease_until=tx.now + 3600 * SECOND)))
    await claim_one(database, "node-b")
    with pytest.raises(LostLease):
        await database.write(jobs.hold, lost)


async def test_a_lane_gets_no_more_than_its_places(database: Database) -> None:
    slow, other = new_id(), new_id()

    def fill(tx: Tx) -> None:
        for _ in range(3 * jobs.LANE_PLACES):
            jobs.schedule(tx, "k", new_id(), due_at=tx.now - dt.timedelta(minutes=1), lane=slow)
        for lane in (other, None):
            jobs.schedule(tx, "k", new_id(), due_at=tx.now, lane=lane)

    await database.write(fill)
    first = await database.write(jobs.claim, owner="a", limit=jobs.LANE_PLACES + 2)
    assert Counter(job.lane for job in first) == {slow: jobs.LANE_PLACES, other: 1, None: 1}
    full = {slow: jobs.LANE_PLACES}
    assert await database.write(jobs.claim, owner="a", limit=9, running=full) == []
    # What waits for a place in a full lane is due, but nothing to look at before one is free.
    now = dt.datetime.now(dt.UTC)
    assert (await database.read(jobs.next_due, full) or now) >= now
    assert (await database.read(jobs.next_due) or now) < now
    assert len(await database.write(jobs.claim, owner="a", limit=9, running={slow: jobs.LANE_PLACES - 2})) == 2
