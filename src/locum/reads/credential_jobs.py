"""What Locum does by itself with credentials, as jobs: the next or present change of each secret, and verification.

A managed user has one job of each kind. A list has what is under way first, then what is due next: each of these is a
range of an index, so that a page takes a bounded number of statements however many credentials there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.search import last_times
from locum.credentials.effective import effective_where
from locum.credentials.model import SHOWN_NAME, Method, Verified, credential, managed_user
from locum.credentials.schedule import Timing
from locum.kit.db import ReadTx
from locum.kit.jobs import job
from locum.kit.paging import Page, contains
from locum.reads.action_queues import WorkRow, works
from locum.resources.model import resource
from locum.rotation.model import Reason, State, dependant, rotation
from locum.rotation.rows import ROTATION_JOB, VERIFICATION_JOB


class Kind(IntEnum):
    """Which of its two jobs; the number is the last bit in which the job's id differs from the managed user's."""

    ROTATION = 0
    VERIFICATION = 1


class Work(IntEnum):
    """What is done. Numbers of the contract's ActionJobType."""

    ROTATION = 2
    VERIFICATION = 3
    SERVICE_ROTATION = 9
    ROLLBACK = 10


class _Row(msgspec.Struct, frozen=True):
    id: UUID
    credential_id: UUID
    name: str
    resource_id: UUID
    resource_name: str
    platform_id: UUID
    method: int
    status: int
    last_error: str | None
    next_change_at: dt.datetime | None
    next_verification_at: dt.datetime | None
    created_at: dt.datetime
    has_dependants: bool


class RunRow(msgspec.Struct, frozen=True):
    """A rotation, under way or ended."""

    id: UUID
    credential_id: UUID
    reason: str
    state: int
    requested_by: UUID | None
    last_error: str | None
    created_at: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class CredentialJob:
    """`under_way` is the rotation that is, `last` the one that ended last; `verified_at` is when was last looked, with
    what `status` and `error` say. `timing` is None where nothing is due by itself."""

    kind: Kind
    managed_id: UUID
    credential_id: UUID
    name: str
    resource_id: UUID
    resource_name: str
    platform_id: UUID
    created_at: dt.datetime
    work: Work
    timing: Timing | None
    schedule_id: UUID | None
    next_at: dt.datetime | None
    under_way: RunRow | None
    last: RunRow | None
    verified_at: dt.datetime | None
    status: Verified
    error: str | None
    job: WorkRow | None

    @property
    def id(self) -> UUID:
        return UUID(int=self.managed_id.int ^ self.kind)


_m, _r = managed_user.c, rotation.c
_PLACES = managed_user.join(credential, credential.c.id == _m.credential_id).join(
    resource, resource.c.id == _m.resource_id
)
_has_dependants = sa.exists().where(dependant.c.credential_id == _m.credential_id)
_is_open = _r.open_credential_id == _m.credential_id
_is_looked_at = sa.and_(job.c.kind == VERIFICATION_JOB, job.c.subject_id == _m.credential_id)
_SEARCHED: list[sa.ColumnElement[Any]] = [credential.c.username, credential.c.name, resource.c.name]
_WORKS = {
    Work.ROLLBACK: _r.reason == Reason.ROLLBACK,
    Work.SERVICE_ROTATION: sa.and_(_r.reason != Reason.ROLLBACK, _has_dependants),
    Work.ROTATION: sa.and_(_r.reason != Reason.ROLLBACK, ~_has_dependants),
}
_ROW: dict[str, sa.ColumnElement[Any]] = {
    "name": SHOWN_NAME,
    "resource_name": resource.c.name,
    "platform_id": resource.c.platform_id,
    "has_dependants": _has_dependants,
}


def credential_jobs(tx: ReadTx, wanted: frozenset[Work], page: Page) -> list[CredentialJob]:
    """One page of the jobs that are `wanted`, in their own order: at most fourteen statements."""
    found: list[tuple[Kind, UUID]] = []
    skip, take = page.skip, page.take
    for kind, part, order in _parts(wanted, page.filter_text):
        if take <= 0:
            break
        ids = tx.scalars(part.order_by(order, _m.id).offset(skip).limit(take))
        if ids:
            skip = 0
        elif skip:
            skip = max(0, skip - int(tx.scalar(_count(part))))
        found += [(kind, one) for one in ids]
        take -= len(ids)
    return _jobs(tx, found)


def count_credential_jobs(tx: ReadTx, wanted: frozenset[Work], filter_text: str | None) -> int:
    """How many jobs that list has: one statement."""
    counts = [_count(part).scalar_subquery() for _, part, _ in _parts(wanted, filter_text)]
    return int(tx.scalar(sa.select(sum(counts, start=sa.literal(0)))))


def credential_job(tx: ReadTx, job_id: UUID) -> CredentialJob | None:
    """The job of that id: at most six statements."""
    kinds = {UUID(int=job_id.int ^ kind): kind for kind in Kind}
    found = tx.scalars(sa.select(_m.id).where(_m.id.in_(list(kinds))))
    return next(iter(_jobs(tx, [(kinds[one], one) for one in found])), None)


def _count(part: sa.Select[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(part.subquery())


def _parts(
    wanted: frozenset[Work], filter_text: str | None
) -> Iterator[tuple[Kind, sa.Select[Any], sa.ColumnElement[Any]]]:
    """The ranges of the list in their order, each with its own order."""
    ids = sa.select(_m.id)
    if filter_text:
        ids = ids.where(contains(_SEARCHED, filter_text))
    changes = wanted & set(_WORKS)
    if changes:
        under_way = ids.select_from(_PLACES.join(rotation, _is_open))
        yield Kind.ROTATION, under_way.where(sa.or_(*(_WORKS[one] for one in sorted(changes)))), _r.created_at
    if Work.VERIFICATION in wanted:
        yield Kind.VERIFICATION, ids.select_from(_PLACES.join(job, _is_looked_at)), job.c.created_at
    # By itself nothing is changed on which something depends, and nothing put back.
    if Work.ROTATION in wanted:
        due = _m.next_change_at.is_not(None), _m.method == Method.AUTOMATIC, ~sa.exists().where(_is_open)
        yield Kind.ROTATION, ids.select_from(_PLACES).where(*due), _m.next_change_at
    if Work.VERIFICATION in wanted:
        due = (
            _m.next_verification_at.is_not(None),
            _m.method != Method.NOT_MANAGED,
            ~sa.exists().where(_is_looked_at),
        )
        yield Kind.VERIFICATION, ids.select_from(_PLACES).where(*due), _m.next_verification_at


def _jobs(tx: ReadTx, wanted: list[tuple[Kind, UUID]]) -> list[CredentialJob]:
    """These jobs in their order: six statements, none for none."""
    if not wanted:
        return []
    columns = [_ROW[name].label(name) if name in _ROW else _m[name] for name in _Row.__struct_fields__]
    query = sa.select(*columns).select_from(_PLACES).where(_m.id.in_({one for _, one in wanted}))
    rows = {row.id: row for row in tx.rows(_Row, query)}
    ids = [row.credential_id for row in rows.values()]
    holds = {one.credential_id: one for one in effective_where(tx, credential.c.id.in_(ids))}
    opened, ended = _runs(tx, ids)
    changing = works(tx, ROTATION_JOB, [one.id for one in opened.values()])
    looking = works(tx, VERIFICATION_JOB, ids)
    looked = last_times(tx, "credential.verified", ids)
    jobs = []
    for kind, managed_id in wanted:
        row = rows[managed_id]
        hold, run = holds[row.credential_id], opened.get(row.credential_id)
        changes = kind is Kind.ROTATION
        by_itself = row.method == Method.AUTOMATIC if changes else row.method != Method.NOT_MANAGED
        timing = hold.rotation if changes else hold.verification
        next_at = row.next_change_at if changes else row.next_verification_at
        work = (changing.get(run.id) if run else None) if changes else looking.get(row.credential_id)
        jobs.append(
            CredentialJob(
                kind=kind,
                managed_id=managed_id,
                credential_id=row.credential_id,
                name=row.name,
                resource_id=row.resource_id,
                resource_name=row.resource_name,
                platform_id=row.platform_id,
                created_at=row.created_at,
                work=_work(row, run) if changes else Work.VERIFICATION,
                timing=timing if by_itself else None,
                schedule_id=hold.rotation_schedule_id if changes else hold.verification_schedule_id,
                next_at=next_at if by_itself else None,
                under_way=run if changes else None,
                last=ended.get(row.credential_id) if changes else None,
                verified_at=None if changes else looked.get(row.credential_id),
                status=Verified(row.status),
                error=row.last_error,
                job=work,
            )
        )
    return jobs


def _work(row: _Row, run: RunRow | None) -> Work:
    if run is not None and run.reason == Reason.ROLLBACK:
        return Work.ROLLBACK
    return Work.SERVICE_ROTATION if row.has_dependants else Work.ROTATION


def _runs(tx: ReadTx, credential_ids: list[UUID]) -> tuple[dict[UUID, RunRow], dict[UUID, RunRow]]:
    """The rotation of each of these that is under way, and the one that ended last: one statement."""
    before = rotation.alias()
    newest = (
        sa.select(before.c.id)
        .where(before.c.credential_id == _m.credential_id, before.c.state >= State.COMPLETED)
        .order_by(before.c.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    last = sa.select(newest).select_from(managed_user).where(_m.credential_id.in_(credential_ids))
    query = sa.select(*(_r[name] for name in RunRow.__struct_fields__)).where(
        sa.or_(_r.open_credential_id.in_(credential_ids), _r.id.in_(last))
    )
    opened: dict[UUID, RunRow] = {}
    ended: dict[UUID, RunRow] = {}
    for run in tx.rows(RunRow, query):
        (opened if run.ended_at is None else ended)[run.credential_id] = run
    return opened, ended
