"""The way into a resource, with what everybody should know of it: whether it could be reached when Locum last tried.

A resource that could not is tried again every few minutes until it answers, whether or not anybody wants it, so that
what stands here is true.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from locum.actions.host_key import shown_keys_kept
from locum.actions.target import locate
from locum.connectors.base import Connector, Target, TargetRefused, TargetUnreachable
from locum.kit import jobs
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.jobs import Job
from locum.resources.model import unreached
from locum.vault.store import Vault

REACH_JOB = "reach"
LOOK_AGAIN = dt.timedelta(minutes=2)

T = TypeVar("T")


@asynccontextmanager
async def reach(db: Database, resource_id: UUID, way: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """The connection to the resource, open inside the block. Whether it could be reached is written down, and so is a
    host key that it was refused for."""
    async with AsyncExitStack() as stack:
        try:
            async with shown_keys_kept(db, resource_id):
                connection = await stack.enter_async_context(way)
        except TargetUnreachable as error:
            await db.write(_not_reached, resource_id, error.detail[:1000])
            raise
        except TargetRefused:
            await _reached(db, resource_id)  # it has answered
            raise
        await _reached(db, resource_id)
        yield connection


async def look_again(
    db: Database, vault: Vault, connect: Callable[[str, Target], AbstractAsyncContextManager[Connector]], held: Job
) -> None:
    """The worker's handler; the job's subject is a resource that could not be reached."""
    if not await db.write(_is_wanted, held):
        return
    try:
        kind, target = await db.read(locate, vault, held.subject_id)
        async with reach(db, held.subject_id, connect(kind, target)):
            pass
    except Invalid:  # there is nobody to sign in as: who can will see
        await db.write(jobs.done, held)
        return
    except (TargetUnreachable, TargetRefused):
        pass  # written down, as far as it matters here
    await db.write(_settle, held)


def _is_wanted(tx: Tx, held: Job) -> bool:
    """False, and the job done, where somebody has reached it meanwhile."""
    jobs.hold(tx, held)
    if _why(tx, held.subject_id) is not None:
        return True
    jobs.done(tx, held)
    return False


def _settle(tx: Tx, held: Job) -> None:
    """Until it answers. Who found it silent a moment ago relies on this job."""
    if (why := _why(tx, held.subject_id)) is not None:
        jobs.failed(tx, held, why, wait=LOOK_AGAIN)
    else:
        jobs.done(tx, held)


async def _reached(db: Database, resource_id: UUID) -> None:
    """Reads first: mostly there is nothing to write."""
    if await db.read(_why, resource_id) is not None:
        await db.write(_forget, resource_id)


def _why(tx: ReadTx, resource_id: UUID) -> str | None:
    found: str | None = tx.scalar(sa.select(unreached.c.reason).where(unreached.c.resource_id == resource_id))
    return found


def _forget(tx: Tx, resource_id: UUID) -> None:
    tx.run(sa.delete(unreached).where(unreached.c.resource_id == resource_id))


def _not_reached(tx: Tx, resource_id: UUID, reason: str) -> None:
    """Since when stays as it was. Several may find it out at once."""
    if _why(tx, resource_id) == reason:
        return
    tx.lock(resource_id.int >> 65)
    one = sa.update(unreached).where(unreached.c.resource_id == resource_id)
    if not tx.run(one.values(reason=reason)):
        tx.add(unreached, resource_id=resource_id, since=tx.now, reason=reason)
        jobs.schedule(tx, REACH_JOB, resource_id, due_at=tx.now + LOOK_AGAIN, lane=resource_id)
