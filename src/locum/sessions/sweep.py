"""The independent look at what must not be: access that lives past its deadline, or that nobody works on."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.pause import refuse_if_paused
from locum.sessions import transition
from locum.sessions.lifecycle import LIVE, End, Status, next_move
from locum.sessions.model import EntryState, LogLevel, access_session, ledger_entry
from locum.sessions.transition import JOB, say

GRACE = dt.timedelta(seconds=60)
AT_ONCE = 100


def end_hanging(tx: Tx, actor: Actor, policies: frozenset[UUID] | None) -> list[UUID]:
    """Begin the end of up to `AT_ONCE` sessions (under `policies`, None: under any) that hang past their time.

    Which end that is says `lifecycle`, as it does when the worker comes to them (SES-14). Answers those it ended, so
    that who calls this until there are none has ended all. Raises Paused.
    """
    refuse_if_paused(tx)
    c = access_session.c
    too_late = sa.and_(c.status == Status.PENDING, c.start_until <= tx.now)
    query = sa.select(c.id).where(
        c.status.in_((Status.PENDING, Status.ACTIVE)), sa.or_(c.scheduled_end <= tx.now, too_late)
    )
    if policies is not None:
        query = query.where(c.policy_id.in_(sorted(policies)))
    ended = []
    # In the order of their ids, so that two of these can't wait for each other.
    for session_id in sorted(tx.scalars(query.order_by(c.scheduled_end).limit(AT_ONCE))):
        session = transition.get(tx, session_id, hold=True)
        match next_move(transition.snapshot(session), tx.now):
            case End(outcome, reason):
                transition.begin_end(tx, actor, session, outcome=outcome, reason=reason)
                ended.append(session_id)
    return ended


def sweep(tx: Tx) -> list[UUID]:
    """Put every session that is live, or left something on its target, and that nobody works on, or not soon although
    it should have ended, back to work.

    Answers the sessions past their end by more than `GRACE`: the caller raises the alarm. Trusts neither the job's
    row nor its due time, which lies far away when the clock was set back. A job that comes up soon is left alone,
    for asking again would take away the wait after a failure.
    """
    is_live = access_session.c.status.in_(sorted(LIVE))
    job = jobs.job
    left = sa.select(ledger_entry.c.session_id).where(
        ledger_entry.c.state.in_((EntryState.INTENDED, EntryState.APPLIED))
    )
    without_job = sa.select(access_session.c.id).where(
        sa.or_(is_live, access_session.c.id.in_(left)),
        ~sa.exists().where(job.c.kind == JOB, job.c.subject_id == access_session.c.id),
    )
    for session_id in tx.scalars(without_job):
        say(tx, session_id, "nobody was working on this session: it is taken up again", LogLevel.ERROR)
        jobs.schedule(tx, JOB, session_id, due_at=tx.now)
    is_overdue = access_session.c.scheduled_end < tx.now - GRACE
    soon = tx.now + jobs.BACKOFF_LONGEST
    slept_over = (
        sa.select(access_session.c.id)
        .join(job, sa.and_(job.c.kind == JOB, job.c.subject_id == access_session.c.id))
        .where(is_live, sa.or_(is_overdue, access_session.c.status == Status.CANCELLING), job.c.due_at > soon)
    )
    for session_id in tx.scalars(slept_over):
        jobs.schedule(tx, JOB, session_id, due_at=soon)
    return tx.scalars(sa.select(access_session.c.id).where(is_live, is_overdue))
