"""What approvers are asked about, and have said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.policies.workflow_model import Workflow, approval_workflow
from locum.sessions.approval_model import (
    Approval,
    Tier,
    approval,
    approval_tier,
    approval_tier_approver,
    asked_tier,
)
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
    waits = sa.and_(asked_tier.c.session_id == a.session_id, asked_tier.c.tier_id == a.tier_id)
    query = (
        _ROWS.join(access_session, s.id == a.session_id)
        .join(asked_tier, waits)
        .where(a.approver_id == approver_id, a.state == State.PENDING, s.status == Status.APPROVAL_REQUIRED)
    )
    if policies is not None:
        query = query.where(s.policy_id.in_(sorted(policies)))
    return tx.rows(Approval, query.order_by(a.created_at, a.id).limit(MOST))


def sessions_of(tx: ReadTx, rows: list[ApprovalRow]) -> list[AccessSession]:
    """The requests that some rows are about: one statement."""
    columns = [access_session.c[name] for name in AccessSession.__struct_fields__]
    wanted = {row.session_id for row in rows}
    return tx.rows(AccessSession, sa.select(*columns).where(access_session.c.id.in_(wanted))) if wanted else []


class Approver(msgspec.Struct, frozen=True):
    """Whose word is asked for."""

    id: UUID
    name: str
    display_name: str | None
    locked: bool
    created_at: dt.datetime
    modified_at: dt.datetime


def approvers_of(tx: ReadTx, rows: list[ApprovalRow]) -> list[Approver]:
    """Those whom some rows ask, deleted ones too: one statement."""
    i = identity.c
    wanted = {row.approver_id for row in rows}
    columns = (i[name] for name in Approver.__struct_fields__)
    return tx.rows(Approver, sa.select(*columns).where(i.id.in_(wanted))) if wanted else []


@dataclass(frozen=True, slots=True)
class WholeWorkflow:
    """A workflow with its tiers in order, each with the identities that are its approvers."""

    workflow: Workflow
    tiers: list[tuple[Tier, list[UUID]]]


class _Listed(msgspec.Struct, frozen=True):
    tier_id: UUID
    approver_id: UUID


def workflows(tx: ReadTx, only: UUID | None = None) -> list[WholeWorkflow]:
    """Those in use, by name: three statements."""
    w, t, a = approval_workflow.c, approval_tier.c, approval_tier_approver.c
    query = sa.select(*(w[name] for name in Workflow.__struct_fields__)).where(w.deleted_at.is_(None))
    if only is not None:
        query = query.where(w.id == only)
    found = {row.id: WholeWorkflow(row, []) for row in tx.rows(Workflow, query.order_by(w.name).limit(MOST))}
    tiers = sa.select(*(t[name] for name in Tier.__struct_fields__)).where(t.workflow_id.in_(found))
    listed: dict[UUID, list[UUID]] = {}
    for tier in tx.rows(Tier, tiers.order_by(t.number)):
        found[tier.workflow_id].tiers.append((tier, listed.setdefault(tier.id, [])))
    rows = sa.select(a.tier_id, a.approver_id).where(a.tier_id.in_(listed)).order_by(a.approver_id)
    for row in tx.rows(_Listed, rows):
        listed[row.tier_id].append(row.approver_id)
    return list(found.values())
