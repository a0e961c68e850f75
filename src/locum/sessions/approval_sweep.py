"""The look at every request that waits for approval, besides the worker's at each when it is due (APR-02)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.kit import jobs
from locum.kit.db import ReadTx, Tx
from locum.kit.pause import refuse_if_paused
from locum.sessions import transition
from locum.sessions.approval import settle
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session

AT_ONCE = 50


def waiting(tx: ReadTx, policies: frozenset[UUID] | None) -> list[UUID]:
    """The requests that wait for approval (under `policies`, None: under any), by id: one statement."""
    c = access_session.c
    query = sa.select(c.id).where(c.status == Status.APPROVAL_REQUIRED)
    if policies is not None:
        query = query.where(c.policy_id.in_(sorted(policies)))
    return tx.scalars(query.order_by(c.id))


def settle_waiting(tx: Tx, session_ids: list[UUID]) -> int:
    """Do what is due about each: the next tier is asked, an escalation, a yes, a no, or it is given up.

    Answers how many are not as they were. Repeating it changes nothing more. Raises Paused.
    """
    refuse_if_paused(tx)
    changed = 0
    for session_id in session_ids:
        before = transition.get(tx, session_id, hold=True)
        look_at = settle(tx, before)
        after = transition.get(tx, session_id)
        changed += after != before
        jobs.schedule(tx, transition.JOB, session_id, due_at=look_at or tx.now)
    return changed
