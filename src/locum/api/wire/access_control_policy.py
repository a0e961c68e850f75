"""Access policies."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.activity import Activity
from locum.api.wire.base import In, Line, Name, Out, later
from locum.api.wire.enums import ApprovalType, PolicyType
from locum.kit.ids import NIL


class SimpleAccessControlPolicy(Out):
    __contract__ = "SbPAM.Models.SimpleAccessControlPolicy"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    priority: int = 0
    notes_required: bool = False
    ticket_required: bool = False
    approval_type_required: ApprovalType = ApprovalType.DENY
    policy_type: PolicyType = PolicyType.RESOURCE
    managed_account_ids: list[UUID] | None = None
    managed_account_group_ids: list[UUID] | None = None
    managed_resource_ids: list[UUID] | None = None
    managed_resource_group_ids: list[UUID] | None = None
    credential_ids: list[UUID] | None = None
    activity_ids: list[UUID] | None = None
    activities: list[Activity] | None = None
    activity_configuration: str | None = None
    activity_configuration_max_session_length: int | None = None
    activity_configuration_id: UUID | None = None
    activity_groups: Annotated[None, later("SbPAM.Models.ActivityGroup", many=True)] = None
    activity_group_ids: list[UUID] | None = None


class SimpleAccessControlPolicyIn(In):
    __contract__ = "SbPAM.Models.SimpleAccessControlPolicy"

    name: Name | None = None
    description: Line | None = None
    priority: int = 0
    notes_required: bool = False
    ticket_required: bool = False
    approval_type_required: ApprovalType = ApprovalType.ALLOW
    policy_type: PolicyType = PolicyType.RESOURCE
    managed_account_ids: list[UUID] | None = None
    managed_resource_ids: list[UUID] | None = None
    activity_ids: list[UUID] | None = None
    activity_configuration_id: UUID | None = None


class SimpleAccessControlPolicyChangeIn(In):
    """What a PUT may change. What is absent or null stays, so that a part of the view is enough."""

    __contract__ = "SbPAM.Models.SimpleAccessControlPolicy"

    id: UUID | None = None
    name: Name | None = None
    description: Line | None = None
    priority: int | None = None
    notes_required: bool | None = None
    ticket_required: bool | None = None
    approval_type_required: ApprovalType | None = None
    policy_type: PolicyType | None = None
    managed_account_ids: list[UUID] | None = None
    managed_resource_ids: list[UUID] | None = None
    activity_ids: list[UUID] | None = None
    activity_configuration_id: UUID | None = None
