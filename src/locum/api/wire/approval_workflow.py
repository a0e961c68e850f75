"""Approval workflows in the contract's words."""

from __future__ import annotations

from enum import IntEnum
from uuid import UUID

import msgspec

from locum.api.wire.base import In, Name, Out
from locum.kit.ids import NIL


class ProgressionType(IntEnum):
    """A concurrent tier is asked together with the one before it, a sequential one after it."""

    __contract__ = "SbPAM.Models.ApprovalWorkflowTierProgressionType"

    SEQUENTIAL = 0
    CONCURRENT = 1


class TierApproverIn(In):
    approval_workflow_approver_account_id: UUID


class TierIn(In):
    """Groups are given as accounts too, for here they are identities. `escalationTimeout` in minutes."""

    progression_type: ProgressionType = ProgressionType.SEQUENTIAL
    approval_workflow_tier_approvers: list[TierApproverIn] = msgspec.field(default_factory=list)
    required_approval_count: int = 1
    escalation_timeout: int = 10
    escalation_approver_account_id: UUID | None = None


class WorkflowIn(In):
    """The contract's workflow has no name, nor says whether who asks may approve."""

    name: Name
    self_approval: bool = False
    approval_workflow_tiers: list[TierIn] = msgspec.field(default_factory=list)


class WorkflowTier(Out):
    id: UUID = NIL
    tier_number: int = 0
    progression_type: ProgressionType = ProgressionType.SEQUENTIAL
    required_approval_count: int = 0
    escalation_timeout: int = 0
    escalation_approver_account_id: UUID | None = None
    approver_account_ids: list[UUID] | None = None


class Workflow(Out):
    id: UUID = NIL
    name: str = ""
    self_approval: bool = False
    approval_workflow_tiers: list[WorkflowTier] | None = None
