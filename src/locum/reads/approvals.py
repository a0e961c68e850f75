"""What approvers are asked about, and have said."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.kit.db import ReadTx
from locum.sessions.approval_model import Approval, approval
from locum.sessions.approval_rules import State
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, access_session

ApprovalRow = Approval
MOST = 1000

_ROWS = sa.select(*(approval.c[name] for name in Approval.__struct_fields__))


def approvals(tx: ReadTx, session_id: UUID) -> list[ApprovalRow]:
    """All about one request, first things first: one statement."""
    c = approval.c
    return tx.rows(Approval, _ROWS.where(c.session_id == session_id).order_by(c.created_at, c.id).limit(MOST))


def asked_of(tx: ReadTx, approver_id: UUID, *, policies: frozenset[UUID] | None) -> list[ApprovalRow]:
    """What waits for one approver's word now, the oldest first: one statement. `policies` limits it to those."""
    a, s = approval.c, access_session.c
    query = _ROWS.join(access_session, s.id == a.session_id).where(
        a.approver_id == approver_id,
        a.state == State.PENDING,
        s.status == Status.APPROVAL_REQUIRED,
        s.tier_number == a.tier_number,
    )
    if policies is not None:
        query = query.where(s.policy_id.in_(sorted(policies)))
    return tx.rows(Approval, query.order_by(a.created_at, a.id).limit(MOST))


def sessions_of(tx: ReadTx, rows: list[ApprovalRow]) -> list[AccessSession]:
    """The requests that some rows are about: one statement."""
    columns = [access_session.c[name] for name in AccessSession.__struct_fields__]
    wanted = {row.session_id for row in rows}
    return tx.rows(AccessSession, sa.select(*columns).where(access_session.c.id.in_(wanted))) if wanted else []
