"""Plans what is due: a bounded number of indexed statements a round, whatever the number of credentials."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.effective import Effective, effective_where
from locum.credentials.model import Method, credential, managed_user
from locum.kit.actor import LOCUM
from locum.kit.db import Tx, UtcTime
from locum.kit.ids import new_id
from locum.kit.jobs import job
from locum.rotation.model import Reason, State, rotation
from locum.rotation.rows import ROTATION_JOB, VERIFICATION_JOB
from locum.rotation.rules import next_instant

BATCH = 500
_LOCK = int.from_bytes(b"plan-due", "big") >> 1


class _Due(msgspec.Struct, frozen=True):
    credential_id: UUID
    resource_id: UUID
    method: int
    created_at: dt.datetime
    last_changed_at: dt.datetime | None
    last_verified_at: dt.datetime | None


def plan_due(tx: Tx) -> int:
    """Start up to a batch of rotations and one of verifications; answers how many dates it looked at.

    A date in a row says when to look; what is due is what the rules of today say, for they may have changed since. A
    date that has led to work is cleared and set anew when that has ended, so a clock that jumps starts nothing twice.
    """
    tx.lock(_LOCK)  # one node plans at a time
    return _rotations(tx) + _verifications(tx)


def _rotations(tx: Tx) -> int:
    due, holds = _due(tx, managed_user.c.next_change_at)
    ids = [row.credential_id for row in due]
    busy = set(tx.scalars(sa.select(rotation.c.open_credential_id).where(rotation.c.open_credential_id.in_(ids))))
    later: dict[UUID, dt.datetime] = {}
    wanted = []
    for row in due:
        when = next_instant(holds[row.credential_id].rotation, row.last_changed_at or row.created_at)
        if row.method != Method.AUTOMATIC or when is None or row.credential_id in busy:
            continue
        if when > tx.now:
            later[row.credential_id] = when
        else:
            wanted.append(row)
    _put_off(tx, managed_user.c.next_change_at, later)
    made = [new_id() for _ in wanted]
    tx.add_all(
        rotation,
        [
            {
                "id": rotation_id,
                "credential_id": row.credential_id,
                "open_credential_id": row.credential_id,
                "resource_id": row.resource_id,
                "reason": Reason.SCHEDULE,
                "state": State.QUEUED,
                "abort_asked": False,
                "requested_by_name": LOCUM.name,
                "created_at": tx.now,
            }
            for rotation_id, row in zip(made, wanted, strict=True)
        ],
    )
    _add_jobs(tx, ROTATION_JOB, {one: row.resource_id for one, row in zip(made, wanted, strict=True)})
    if wanted:
        audit.record(tx, LOCUM, "rotation.planned", detail={"count": len(wanted)})
    return len(due)


def _verifications(tx: Tx) -> int:
    due, holds = _due(tx, managed_user.c.next_verification_at)
    ids = [row.credential_id for row in due]
    there = set(
        tx.scalars(sa.select(job.c.subject_id).where(job.c.kind == VERIFICATION_JOB, job.c.subject_id.in_(ids)))
    )
    later: dict[UUID, dt.datetime] = {}
    wanted = {}
    for row in due:
        when = next_instant(holds[row.credential_id].verification, row.last_verified_at or row.created_at)
        if row.method == Method.NOT_MANAGED or when is None or row.credential_id in there:
            continue
        if when > tx.now:
            later[row.credential_id] = when
        else:
            wanted[row.credential_id] = row.resource_id
    _put_off(tx, managed_user.c.next_verification_at, later)
    _add_jobs(tx, VERIFICATION_JOB, wanted)
    return len(due)


def _due(tx: Tx, date: sa.Column[Any]) -> tuple[list[_Due], dict[UUID, Effective]]:
    """A batch of rows whose date has come, cleared, with the rules that hold for them."""
    first = sa.select(managed_user.c.id).where(date <= tx.now).order_by(date).limit(BATCH)
    rows = tx.returning(
        _Due,
        sa.update(managed_user)
        .where(managed_user.c.id.in_(first))
        .values({date.name: None})
        .returning(*(managed_user.c[name] for name in _Due.__struct_fields__)),
    )
    ids = [row.credential_id for row in rows]
    holds = effective_where(tx, credential.c.id.in_(ids)) if ids else []
    return rows, {one.credential_id: one for one in holds}


def _put_off(tx: Tx, date: sa.Column[Any], dates: dict[UUID, dt.datetime]) -> None:
    """Give rows the dates that hold, with one statement."""
    if dates:
        which = managed_user.c.credential_id
        each = sa.case(*((which == one, sa.literal(when, UtcTime)) for one, when in dates.items()))
        tx.run(sa.update(managed_user).where(which.in_(list(dates))).values({date.name: each}))


def _add_jobs(tx: Tx, kind: str, subjects: Mapping[UUID, UUID | None]) -> None:
    """Each with the resource that it works on."""
    tx.add_all(
        job,
        [
            {
                "id": new_id(),
                "kind": kind,
                "subject_id": subject,
                "due_at": tx.now,
                "created_at": tx.now,
                "lane": resource_id,
            }
            for subject, resource_id in subjects.items()
        ],
    )
