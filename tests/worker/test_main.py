"""The worker: due jobs run side by side, a failing one is its own affair, a long one keeps its lease."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.db import Database, Tx
from locum.kit.errors import NotAvailable
from locum.kit.ids import new_id
from locum.kit.jobs import Job
from locum.kit.wake import Wake
from locum.worker import main
from locum.worker.main import Worker

pytestmark = pytest.mark.anyio


def due(tx: Tx, subject: UUID, delay_s: float = 0) -> None:
    jobs.schedule(tx, "test", subject, due_at=tx.now + dt.timedelta(seconds=delay_s))


@asynccontextmanager
async def working(database: Database, handler: Callable[[Job], Awaitable[None]]) -> AsyncIterator[Wake]:
    wake = Wake()
    task = asyncio.create_task(Worker(database, {"test": handler}, wake, owner="n:1").run())
    yield wake
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def eventually(condition: Callable[[], bool], timeout: float = 10) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.01)


async def test_due_jobs_run_side_by_side(database: Database) -> None:
    together = asyncio.Barrier(5)

    async def handler(job: Job) -> None:
        await together.wait()  # passes only when all five are there at once
        await database.write(jobs.done, job)

    async with working(database, handler) as wake:
        for _ in range(5):
            await database.write(due, new_id())
        wake.ring()
        await eventually(lambda: database.submit_read(jobs.next_due).result() is None)


async def test_a_job_comes_when_it_is_due_without_anybody_ringing(database: Database) -> None:
    ran: list[float] = []
    loop = asyncio.get_running_loop()

    async def handler(job: Job) -> None:
        ran.append(loop.time())
        await database.write(jobs.done, job)

    async with working(database, handler):
        begun = loop.time()
        await database.write(due, new_id(), 0.4)
        await eventually(lambda: bool(ran))
    assert 0.35 < ran[0] - begun < 3


async def test_a_failing_job_is_put_off_and_the_others_go_on(database: Database) -> None:
    bad, good = new_id(), new_id()
    ran: list[UUID] = []

    async def handler(job: Job) -> None:
        if job.subject_id == bad:
            raise NotAvailable("it broke")
        ran.append(job.subject_id)
        await database.write(jobs.done, job)

    async with working(database, handler) as wake:
        await database.write(due, bad)
        await database.write(due, good)
        wake.ring()
        await eventually(lambda: ran == [good])

        def put_off() -> bool:
            row = sa.select(jobs.job.c.last_error).where(jobs.job.c.subject_id == bad)
            return bool(database.submit_read(lambda tx: tx.scalar(row)).result() == "it broke")

        await eventually(put_off)


async def test_a_long_job_keeps_its_lease(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (jobs, main):
        monkeypatch.setattr(module, "LEASE", dt.timedelta(seconds=2.4))
    runs = 0

    async def handler(job: Job) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(5)
        await database.write(jobs.done, job)  # raises LostLease if somebody took it

    async with working(database, handler) as wake, working(database, handler):
        await database.write(due, new_id())
        wake.ring()
        await eventually(lambda: database.submit_read(jobs.next_due).result() is None)
    assert runs == 1


async def test_stopping_leaves_the_job_for_the_next_start(database: Database) -> None:
    started = asyncio.Event()

    async def handler(job: Job) -> None:
        started.set()
        await asyncio.sleep(60)

    async with working(database, handler) as wake:
        await database.write(due, new_id())
        wake.ring()
        await started.wait()
    assert await database.write(jobs.take_back, "n") == 1
    (job,) = await database.write(jobs.claim, owner="n:2", limit=1)
    assert job.attempts == 0


async def test_five_hundred_jobs_of_a_frozen_host_do_not_hold_up_another_host(database: Database) -> None:
    frozen, alive, thawed = new_id(), new_id(), asyncio.Event()
    hung = 0
    ran: set[UUID] = set()

    async def handler(job: Job) -> None:
        nonlocal hung
        if job.lane == frozen:
            hung += 1
            await thawed.wait()
            hung -= 1
        else:
            ran.add(job.subject_id)
        await database.write(jobs.done, job)

    def fill(tx: Tx) -> None:
        for _ in range(500):
            jobs.schedule(tx, "test", new_id(), due_at=tx.now - dt.timedelta(minutes=1), lane=frozen)

    def add(tx: Tx) -> None:
        for _ in range(100):
            jobs.schedule(tx, "test", new_id(), due_at=tx.now, lane=alive)

    await database.write(fill)
    async with working(database, handler) as wake:
        await eventually(lambda: hung == jobs.LANE_PLACES)
        await database.write(add)
        wake.ring()
        await eventually(lambda: len(ran) == 100)
        assert hung == jobs.LANE_PLACES
        thawed.set()
        await eventually(lambda: database.submit_read(jobs.next_due).result() is None, timeout=60)
