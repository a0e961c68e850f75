"""Tables of the tiers of approval workflows, and of what approvers have said about a request (A.14)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata
from locum.policies.workflow_model import approval_workflow
from locum.sessions.approval_rules import Progression, State, Voice

approval_tier = sa.Table(
    "approval_tier",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("workflow_id", sa.ForeignKey(approval_workflow.c.id), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("progression", sa.Integer, nullable=False),
    sa.Column("required", sa.Integer, nullable=False),
    sa.Column("escalation_minutes", sa.Integer, nullable=False),
    sa.Column("escalation_id", sa.ForeignKey("identity.id")),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("workflow_id", "number"),
    sa.CheckConstraint("number BETWEEN 1 AND 3", name="number"),
    sa.CheckConstraint("progression IN (0, 1)", name="progression"),
    sa.CheckConstraint("required BETWEEN 1 AND 100", name="required"),
    sa.CheckConstraint("escalation_minutes BETWEEN 1 AND 43200", name="escalation_minutes"),
)

approval_tier_approver = sa.Table(
    "approval_tier_approver",
    metadata,
    sa.Column("tier_id", sa.ForeignKey("approval_tier.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("approver_id", sa.ForeignKey("identity.id"), primary_key=True),
    sa.Index("ix_approval_tier_approver_approver_id", "approver_id", "tier_id"),
)
"""Who is asked in a tier: people, applications, and groups, whose members then are."""

asked_tier = sa.Table(
    "asked_tier",
    metadata,
    sa.Column("session_id", sa.ForeignKey("access_session.id"), primary_key=True),
    sa.Column("tier_id", sa.Uuid, primary_key=True),
    sa.Column("tier_number", sa.Integer, nullable=False),
    sa.Column("escalated", sa.Boolean, nullable=False),
)
"""The tiers whose word a request waits for now. One that its workflow has no longer means: ask anew."""

# The tier may be replaced later, so it is no foreign key: what was said is kept.
approval = sa.Table(
    "approval",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("session_id", sa.ForeignKey("access_session.id"), nullable=False),
    sa.Column("tier_id", sa.Uuid, nullable=False),
    sa.Column("tier_number", sa.Integer, nullable=False),
    sa.Column("approver_id", sa.ForeignKey("identity.id"), nullable=False),
    sa.Column("voice", sa.Integer, nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("notes", sa.String(1000)),
    sa.Column("decided_by_name", sa.String(256)),
    sa.Column("decided_from", sa.String(64)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("decided_at", UtcTime),
    sa.UniqueConstraint("session_id", "tier_id", "approver_id"),
    sa.CheckConstraint("voice IN (0, 1, 2)", name="voice"),
    sa.CheckConstraint("state IN (0, 1, 2)", name="state"),
    sa.CheckConstraint("(state = 0) = (decided_at IS NULL)", name="decided_has_time"),
    sa.Index("ix_approval_approver_id", "approver_id", "state"),
)


class Tier(msgspec.Struct, frozen=True):
    """One step of a workflow: `required` approvers must say yes, `escalation_id` is asked later on."""

    id: UUID
    workflow_id: UUID
    number: int
    progression: Progression
    required: int
    escalation_minutes: int
    escalation_id: UUID | None
    created_at: dt.datetime


class AskedTier(msgspec.Struct, frozen=True):
    """A tier that a request waits for; `escalated` once its escalation approver was asked."""

    tier_id: UUID
    tier_number: int
    escalated: bool


class Approval(msgspec.Struct, frozen=True):
    """What one approver was asked about one request in one tier, and has said."""

    id: UUID
    session_id: UUID
    tier_id: UUID
    tier_number: int
    approver_id: UUID
    voice: Voice
    state: State
    notes: str | None
    decided_by_name: str | None
    decided_from: str | None
    created_at: dt.datetime
    decided_at: dt.datetime | None
