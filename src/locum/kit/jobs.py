"""Durable work: rows that say what is due and when, claimed with a lease and a fence.

A job is one row per thing that must be looked at again. Whoever claims it holds a lease; every save names the
fence it was claimed with, so a holder that lost its lease can no longer change anything. Steps are level-triggered
("ensure revoked"), so running one twice is harmless. See docs/decisions/0003-durable-work.md.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx, UtcTime, metadata
from locum.kit.ids import new_id
from locum.kit.pause import pause

LEASE = dt.timedelta(seconds=15)
BACKOFF_FIRST = dt.timedelta(seconds=1)
BACKOFF_LONGEST = dt.timedelta(seconds=30)
LANE_PLACES = 16
"""As many jobs of one lane run at once in one process: a frozen host must not use up all places."""

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject_id", sa.Uuid, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("owner", sa.String(64)),
    sa.Column("lease_until", UtcTime),
    sa.Column("fence", sa.Integer, nullable=False, default=0),
    sa.Column("asked", sa.Integer, nullable=False, default=0),
    sa.Column("last_error", sa.String(1000)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("lane", sa.Uuid),
    sa.UniqueConstraint("kind", "subject_id"),
    sa.Index("ix_job_due_at", "due_at"),
)

_NOT_PAUSED = ~sa.exists().select_from(pause)


class Job(msgspec.Struct, frozen=True):
    """A claimed job. `fence` proves the claim; `attempts` counts failures since it last succeeded.

    `asked` counts the wishes to look at it, so that one written while the job was held is not slept over. `lane` is
    what it works on, where many jobs may have to wait for the same thing: a resource.
    """

    id: UUID
    kind: str
    subject_id: UUID
    due_at: dt.datetime
    attempts: int
    fence: int
    asked: int
    lane: UUID | None


class _Free(msgspec.Struct, frozen=True):
    id: UUID
    lane: UUID | None


class LostLease(Exception):
    """Somebody else holds the job now: whoever sees this stops and changes nothing more."""


def schedule(tx: Tx, kind: str, subject_id: UUID, *, due_at: dt.datetime, lane: UUID | None = None) -> None:
    """Make sure the job exists and is due no later than asked. Takes no claim away; a job keeps its lane."""
    if tx.scalar(sa.select(job.c.id).where(job.c.kind == kind, job.c.subject_id == subject_id)) is None:
        tx.add(job, id=new_id(), kind=kind, subject_id=subject_id, due_at=due_at, created_at=tx.now, lane=lane)
        return
    tx.run(
        sa.update(job)
        .where(job.c.kind == kind, job.c.subject_id == subject_id)
        .values(due_at=sa.case((job.c.due_at < due_at, job.c.due_at), else_=due_at), asked=job.c.asked + 1)
    )


def schedule_new(tx: Tx, kind: str, subject_ids: list[UUID]) -> None:
    """Jobs for things made in this unit of work, all due now: one statement."""
    tx.add_all(
        job,
        [
            {"id": new_id(), "kind": kind, "subject_id": subject_id, "due_at": tx.now, "created_at": tx.now}
            for subject_id in subject_ids
        ],
    )


def hasten(tx: Tx, kind: str, subject_ids: sa.Select[tuple[UUID]]) -> None:
    """Make the jobs of all these due now, for what they look at has changed: one statement."""
    tx.run(
        sa.update(job)
        .where(job.c.kind == kind, job.c.subject_id.in_(subject_ids))
        .values(due_at=sa.case((job.c.due_at < tx.now, job.c.due_at), else_=tx.now), asked=job.c.asked + 1)
    )


def run_now(tx: Tx, kind: str, subject_id: UUID) -> bool:
    """Make one job due now that is there and that nobody holds; False otherwise."""
    free = sa.or_(job.c.lease_until.is_(None), ~_held(tx))
    return (
        tx.run(
            sa.update(job)
            .where(job.c.kind == kind, job.c.subject_id == subject_id, free)
            .values(due_at=sa.case((job.c.due_at < tx.now, job.c.due_at), else_=tx.now), asked=job.c.asked + 1)
        )
        == 1
    )


def claim(tx: Tx, *, owner: str, limit: int, running: Mapping[UUID, int] | None = None) -> list[Job]:
    """Take up to `limit` due jobs that nobody holds, for `LEASE`. PostgreSQL skips rows another node is taking.

    `running`: how many jobs of which lane run in this process; with those no lane gets more than `LANE_PLACES`. None
    while Locum is paused.
    """
    held = _held(tx)
    places = Counter(running or {})
    taken: list[UUID] = []
    # Each turn but the last fills a lane, so that there are few.
    while len(taken) < limit:
        free = (
            sa.select(job.c.id, job.c.lane)
            .where(job.c.due_at <= tx.now, sa.or_(job.c.lease_until.is_(None), ~held), _NOT_PAUSED)
            .where(job.c.id.not_in(taken), _not_full(places))
            # What failed before comes last: many jobs for one dead host must not hold up all others.
            .order_by(job.c.attempts, job.c.due_at)
            .limit(limit - len(taken))
            .with_for_update(skip_locked=True)
        )
        found = tx.rows(_Free, free)
        for one in found:
            if one.lane is not None:
                if places[one.lane] >= LANE_PLACES:
                    continue
                places[one.lane] += 1
            taken.append(one.id)
        if not found:
            break
    if not taken:
        return []
    return tx.returning(
        Job,
        sa.update(job)
        .where(job.c.id.in_(taken))
        .values(owner=owner, lease_until=tx.now + LEASE, fence=job.c.fence + 1)
        .returning(*(job.c[name] for name in Job.__struct_fields__)),
    )


def _held(tx: ReadTx) -> sa.ColumnElement[bool]:
    """A lease that runs out later than any may was written before the clock was set back."""
    return job.c.lease_until.between(tx.now, tx.now + 2 * LEASE)


def _not_full(places: Mapping[UUID, int]) -> sa.ColumnElement[bool]:
    full = [lane for lane, count in places.items() if count >= LANE_PLACES]
    return sa.or_(job.c.lane.is_(None), job.c.lane.not_in(full)) if full else sa.true()


def hold(tx: Tx, held: Job) -> None:
    """Prove that the claim still stands and extend its lease. Raises LostLease."""
    _fenced(tx, held, lease_until=tx.now + LEASE)


def again(tx: Tx, held: Job, *, due_at: dt.datetime) -> None:
    """Give the job back, to be looked at when `due_at` comes, or at once if somebody asked meanwhile."""
    _fenced(
        tx,
        held,
        due_at=sa.case((job.c.asked > held.asked, tx.now), else_=due_at),
        owner=None,
        lease_until=None,
        attempts=0,
        last_error=None,
    )


def failed(
    tx: Tx,
    held: Job,
    error: str,
    *,
    no_later_than: dt.datetime | None = None,
    wait: dt.timedelta | None = None,
) -> dt.datetime:
    """Give the job back after a failure; answers when it is tried again: after `wait`, or doubling from 1 s to 30 s."""
    due_at = tx.now + (wait or min(BACKOFF_FIRST * (1 << min(held.attempts, 10)), BACKOFF_LONGEST))
    if no_later_than is not None and tx.now < no_later_than < due_at:
        due_at = no_later_than
    _fenced(
        tx,
        held,
        due_at=sa.case((job.c.asked > held.asked, tx.now), else_=due_at),
        owner=None,
        lease_until=None,
        attempts=job.c.attempts + 1,
        last_error=error[:1000],
    )
    return due_at


def done(tx: Tx, held: Job) -> None:
    """The job is finished: its row goes."""
    if tx.run(sa.delete(job).where(job.c.id == held.id, job.c.fence == held.fence)) != 1:
        raise LostLease


def take_back(tx: Tx, owner_prefix: str) -> int:
    """Free every job an earlier life of this node still holds, so that a restart need not wait for leases."""
    return tx.run(
        sa.update(job)
        .where(job.c.owner.startswith(owner_prefix, autoescape=True))
        .values(owner=None, lease_until=None, fence=job.c.fence + 1)
    )


def next_due(tx: ReadTx, running: Mapping[UUID, int] | None = None) -> dt.datetime | None:
    """When the earliest job may be claimed; None if none may. Held jobs count from the end of their lease.

    Those of lanes that are full do not count: whoever ends in such a lane looks again.
    """
    ready = sa.case((job.c.lease_until > job.c.due_at, job.c.lease_until), else_=job.c.due_at)
    earliest = (
        sa.select(sa.type_coerce(ready, UtcTime))
        .where(_NOT_PAUSED, _not_full(running or {}))
        .order_by(ready)
        .limit(1)
    )
    found: dt.datetime | None = tx.scalar(earliest)
    return found


def _fenced(tx: Tx, held: Job, **values: object) -> None:
    if tx.run(sa.update(job).where(job.c.id == held.id, job.c.fence == held.fence).values(values)) != 1:
        raise LostLease
