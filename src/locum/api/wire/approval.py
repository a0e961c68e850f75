"""What approvers are asked about, and have said."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated
from uuid import UUID

from locum.api.wire.activity_session import ActivitySession
from locum.api.wire.base import NEVER, Out, Time, later
from locum.kit.ids import NIL


class ApprovalState(IntEnum):
    __contract__ = "SbPAM.Models.ApprovalWorkflowApprovalState"

    PENDING = 0
    APPROVED = 1
    DENIED = 2


class ApproverType(IntEnum):
    __contract__ = "SbPAM.Models.ApprovalWorkflowApproverType"

    NORMAL = 0
    ESCALATED = 1
    REQUESTER = 2


class ManagedAccountType(IntEnum):
    """What kind of account on a host the contract's account is; an identity is none of them."""

    __contract__ = "SbPAM.Models.ManagedAccountType"

    HOST_USER = 0
    HOST_SERVICE = 1
    HOST_SCHEDULED_TASK = 2


class ApproverAccount(Out):
    """Who is asked. `displayName` is ours."""

    __contract__ = "SbPAM.Models.ManagedAccount"

    id: UUID = NIL
    name: str | None = None
    display_name: str | None = None
    type: ManagedAccountType = ManagedAccountType.HOST_USER
    locked: bool = False
    user_id: UUID | None = None
    managed_account_join: Annotated[None, later("SbPAM.Models.ManagedAccountJoin", many=True)] = None
    managed_account_policy_join: Annotated[None, later("SbPAM.Models.ManagedAccountPolicyJoin", many=True)] = None
    sid: str | None = None
    user_collection_join: Annotated[None, later("SbPAM.Models.UserCollectionJoin", many=True)] = None
    is_reviewer: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ApprovalWorkflowApproval(Out):
    """`activityName` and `managedResourceName` are ours: an approver needn't be able to read either."""

    __contract__ = "SbPAM.Models.ApprovalWorkflowApproval"

    id: UUID = NIL
    modified_by_user_name: str | None = None
    modified_from_address: str | None = None
    modified_by: UUID | None = None
    approval_state: ApprovalState = ApprovalState.PENDING
    activity_session_id: UUID = NIL
    activity_session: ActivitySession | None = None
    activity_name: str | None = None
    managed_resource_name: str | None = None
    approval_workflow_tier_id: UUID = NIL
    approval_workflow_tier: Annotated[None, later("SbPAM.Models.ApprovalWorkflowTier")] = None
    approver_account_id: UUID = NIL
    approver_account: ApproverAccount | None = None
    approver_type: ApproverType = ApproverType.NORMAL
    approver_notes: str | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
