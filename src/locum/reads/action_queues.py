"""Access sessions' actions as queues: which there are, the steps in them, and the durable work behind them.

Each session has one queue for each of its parts, so that a page of queues is found by finding sessions.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities.caller import Caller
from locum.identities.custom_roles import within
from locum.identities.rights import ScopeKind
from locum.kit import jobs
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, check_page
from locum.kit.permissions import Permission
from locum.reads.session_search import Filter, find
from locum.reads.sessions import SessionRow, session_rows
from locum.sessions.lifecycle import ENDED
from locum.sessions.model import EntryState, access_session, ledger_entry
from locum.sessions.queue_status import PARTS, sessions_of
from locum.sessions.transition import JOB

_s = access_session.c


class StepRow(msgspec.Struct, frozen=True):
    """One ledger entry without what it was told and what it found: nothing of a secret."""

    id: UUID
    session_id: UUID
    position: int
    kind: str
    phase: int
    continue_on_fail: bool
    timeout_s: int
    failure_reason: int
    state: EntryState
    intended_at: dt.datetime
    applied_at: dt.datetime | None
    reverted_at: dt.datetime | None
    failures: int
    last_error: str | None


class WorkRow(msgspec.Struct, frozen=True):
    """A job: when it is looked at next, since when it fails, and until when somebody has it, if somebody does."""

    subject_id: UUID
    due_at: dt.datetime
    attempts: int
    lease_until: dt.datetime | None
    last_error: str | None
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """One part of a session: `steps` are those of that part in their order, `made` whether the session had anything
    on its target."""

    session: SessionRow
    part: int
    steps: tuple[StepRow, ...]
    made: bool
    work: WorkRow | None


def search(
    tx: ReadTx, caller: Caller, which: Filter, page: Page, *, session_id: UUID | None = None, failing: bool = False
) -> Listed[Queue]:
    """One page of the queues that `caller` may see, of the newest sessions first unless ordered: at most six
    statements, seven where a text is sought.

    `failing`: of sessions alone whose last try did not work, and that are tried again.
    """
    check_page(page)
    before = page.skip % len(PARTS)
    ours = Page(
        page.skip // len(PARTS),
        -(-(before + page.take) // len(PARTS)) if page.take else 0,
        page.order_by,
        page.descending,
        page.filter_text,
    )
    also = [readable(caller)]
    if session_id is not None:
        also.append(_s.id == session_id)
    if failing:
        also.append(_failing())
    ids, total = find(tx, which, ours, also)
    found = queues(tx, session_rows(tx, ids))
    return Listed(found[before : before + page.take], total * len(PARTS))


def queue(tx: ReadTx, caller: Caller, queue_id: UUID) -> Queue | None:
    """One queue that `caller` may see: four statements."""
    parts = sessions_of(queue_id)
    ids = tx.scalars(sa.select(_s.id).where(_s.id.in_(list(parts)), readable(caller)))
    if len(ids) != 1:
        return None
    return queues(tx, session_rows(tx, ids))[parts[ids[0]]]


def session_ids(tx: ReadTx, caller: Caller, which: Filter, page: Page) -> Listed[UUID]:
    """One page of sessions whose queues `caller` may see, newest first unless ordered: at most three statements."""
    return Listed(*find(tx, which, page, [readable(caller)]))


def session(tx: ReadTx, caller: Caller, session_id: UUID) -> SessionRow | None:
    """One session, if there is one whose queues `caller` may see: two statements."""
    ids = tx.scalars(sa.select(_s.id).where(_s.id == session_id, readable(caller)))
    return next(iter(session_rows(tx, ids)), None)


def queues(tx: ReadTx, sessions: list[SessionRow]) -> list[Queue]:
    """All queues of these sessions: two statements."""
    ids = [one.id for one in sessions]
    steps: dict[UUID, list[StepRow]] = {one: [] for one in ids}
    for step in _steps(tx, ids):
        steps[step.session_id].append(step)
    work = works(tx, JOB, ids)
    return [
        Queue(
            session,
            part,
            tuple(step for step in steps[session.id] if step.phase == part),
            any(step.position == 0 and step.applied_at is not None for step in steps[session.id]),
            work.get(session.id),
        )
        for session in sessions
        for part in PARTS
    ]


def works(tx: ReadTx, kind: str, subject_ids: list[UUID]) -> dict[UUID, WorkRow]:
    """The jobs of that kind on these; what is over has none. One statement, none for none."""
    columns = [jobs.job.c[name] for name in WorkRow.__struct_fields__]
    mine = sa.select(*columns).where(jobs.job.c.kind == kind, jobs.job.c.subject_id.in_(subject_ids))
    return {row.subject_id: row for row in tx.rows(WorkRow, mine)} if subject_ids else {}


def readable(caller: Caller) -> sa.ColumnElement[bool]:
    """Whose queues `caller` may see: their own, and those of ended sessions whose recordings they may view; who manages
    sessions, all. An API key that is for listed policies sees none of another (SEC-30)."""
    columns = {ScopeKind.IDENTITY: _s.identity_id, ScopeKind.RESOURCE: _s.resource_id}
    ended = sa.and_(_s.status.in_(sorted(ENDED)), within(caller, Permission.RECORDINGS_ENDED_VIEW, columns))
    theirs = sa.or_(_s.identity_id == caller.identity_id, ended)
    if Permission.SESSIONS_ANY_MANAGE in caller.permissions:
        theirs = sa.true()
    policies = caller.key.policies if caller.key else None
    return theirs if policies is None else sa.and_(theirs, _s.policy_id.in_(sorted(policies)))


def _failing() -> sa.ColumnElement[bool]:
    """By indexes of what is open and of what there is to do: few of all sessions."""
    c, job = ledger_entry.c, jobs.job.c
    open_states = (EntryState.INTENDED, EntryState.APPLIED)
    stuck = sa.select(c.session_id).where(c.state.in_(open_states), c.last_error.is_not(None))
    tried = sa.select(job.subject_id).where(job.kind == JOB, job.attempts > 0)
    return sa.or_(_s.id.in_(stuck), _s.id.in_(tried))


def _steps(tx: ReadTx, session_ids: list[UUID]) -> list[StepRow]:
    columns = [ledger_entry.c[name] for name in StepRow.__struct_fields__]
    mine = sa.select(*columns).where(ledger_entry.c.session_id.in_(session_ids))
    ordered = mine.order_by(ledger_entry.c.session_id, ledger_entry.c.position)
    return tx.rows(StepRow, ordered) if session_ids else []
