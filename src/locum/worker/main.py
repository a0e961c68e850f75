"""Claims due jobs and carries them out, several at once; keeps their leases while they run."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from uuid import UUID

import structlog

from locum.kit import jobs
from locum.kit.db import Database, ReadTx
from locum.kit.errors import LocumError
from locum.kit.jobs import LEASE, Job, LostLease
from locum.kit.wake import Wake

CONCURRENCY = 128  # mostly waiting for hosts: frozen ones must not use up the places
LONGEST_SLEEP_S = 1.0

Handler = Callable[[Job], Awaitable[None]]

log = structlog.get_logger("locum.worker")


class Worker:
    """One loop per process. `handlers` says what does the jobs of a kind; `wake` ends its sleep early."""

    def __init__(self, db: Database, handlers: Mapping[str, Handler], wake: Wake, *, owner: str) -> None:
        self._db = db
        self._handlers = handlers
        self._wake = wake
        self._owner = owner
        self._running: set[asyncio.Task[None]] = set()
        self._lanes: Counter[UUID] = Counter()

    async def run(self) -> None:
        """Work until cancelled; what was under way then is left to its lease, or to the next start."""
        try:
            while True:
                seen = self._wake.seen
                sleep_s = await self._round()
                await self._wake.wait(seen, sleep_s)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _round(self) -> float:
        """Start what is due; answers how long to sleep, at most a second, so that a lost ring costs little."""
        free = CONCURRENCY - len(self._running)
        if free <= 0:
            return LONGEST_SLEEP_S
        try:
            claimed = await self._db.write(jobs.claim, owner=self._owner, limit=free, running=dict(self._lanes))
            for job in claimed:
                task = asyncio.create_task(self._carry_out(job))
                self._running.add(task)
                if job.lane is not None:
                    self._lanes[job.lane] += 1
                task.add_done_callback(partial(self._finished, job.lane))
            return await self._db.read(_until_next, dict(self._lanes))
        except Exception:
            log.exception("the worker can't reach the database")
            return LONGEST_SLEEP_S

    def _finished(self, lane: UUID | None, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if lane is not None:
            self._lanes[lane] -= 1
            self._lanes += Counter()  # forgets those at none
        self._wake.ring()

    async def _carry_out(self, job: Job) -> None:
        keeper = asyncio.create_task(self._keep(job))
        try:
            await self._handlers[job.kind](job)
        except LostLease:
            log.warning("another node has taken this job over", kind=job.kind, subject=str(job.subject_id))
        except Exception as error:
            log.exception("a job failed", kind=job.kind, subject=str(job.subject_id))
            words = error.detail if isinstance(error, LocumError) else type(error).__name__
            with contextlib.suppress(Exception):  # the lease then runs out by itself
                await self._db.write(jobs.failed, job, words)
        finally:
            keeper.cancel()

    async def _keep(self, job: Job) -> None:
        """Extend the lease while a long step runs, so that nobody else takes a job that is alive."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._db.write(jobs.hold, job)
            except LostLease:
                return
            except Exception:  # noqa: BLE001 - the database is away for a moment: the next turn tries again
                log.warning("a lease could not be extended", kind=job.kind, subject=str(job.subject_id))


def _until_next(tx: ReadTx, running: dict[UUID, int]) -> float:
    due = jobs.next_due(tx, running)
    if due is None:
        return LONGEST_SLEEP_S
    return min(max((due - tx.now).total_seconds(), 0.0), LONGEST_SLEEP_S)
