"""Access policies."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.activity import Activity
from locum.api.wire.activity_group import ActivityGroup
from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.api.wire.connection_profile import ActivityConfiguration
from locum.api.wire.enums import ApprovalType, PolicyType
from locum.kit.ids import NIL


class SimpleAccessControlPolicy(Out):
    """`managed_account_group_ids` holds collections too: the contract's model has no other place for them."""

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
    activity_groups: list[ActivityGroup] | None = None
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
    managed_account_group_ids: list[UUID] | None = None
    managed_resource_ids: list[UUID] | None = None
    managed_resource_group_ids: list[UUID] | None = None
    credential_ids: list[UUID] | None = None
    activity_ids: list[UUID] | None = None
    activity_configuration_id: UUID | None = None
    activity_group_ids: list[UUID] | None = None


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
    managed_account_group_ids: list[UUID] | None = None
    managed_resource_ids: list[UUID] | None = None
    managed_resource_group_ids: list[UUID] | None = None
    credential_ids: list[UUID] | None = None
    activity_ids: list[UUID] | None = None
    activity_configuration_id: UUID | None = None
    activity_group_ids: list[UUID] | None = None


class PolicyCopyIn(In):
    """Of the view of the policy to copy, its id and the name that the copy gets."""

    __contract__ = "SbPAM.Models.SimpleAccessControlPolicy"

    id: UUID
    name: Name | None = None


class AccessControlPolicy(Out):
    """What the policy joins is read with its other view, AccessControlPolicy.Get."""

    __contract__ = "SbPAM.Models.AccessControlPolicy"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    activity_configuration_id: UUID | None = None
    activity_configuration: ActivityConfiguration | None = None
    priority: int = 0
    is_disabled: bool = False
    is_deleted: bool = False
    is_default: bool = False
    is_user_modified: bool = False
    managed_account_policy_join: Annotated[None, later("SbPAM.Models.ManagedAccountPolicyJoin", many=True)] = None
    managed_account_group_policy_join: Annotated[
        None, later("SbPAM.Models.ManagedAccountGroupPolicyJoin", many=True)
    ] = None
    managed_resource_policy_join: Annotated[None, later("SbPAM.Models.ManagedResourcePolicyJoin", many=True)] = (
        None
    )
    managed_resource_group_policy_join: Annotated[
        None, later("SbPAM.Models.ManagedResourceGroupPolicyJoin", many=True)
    ] = None
    activity_join: Annotated[None, later("SbPAM.Models.ActivityJoin", many=True)] = None
    activity_group_join: Annotated[None, later("SbPAM.Models.ActivityGroupJoin", many=True)] = None
    credential_policy_join: Annotated[None, later("SbPAM.Models.CredentialPolicyJoin", many=True)] = None
    credential_group_policy_join: Annotated[None, later("SbPAM.Models.CredentialGroupPolicyJoin", many=True)] = (
        None
    )
    user_and_group_collection_policy_join: Annotated[
        None, later("SbPAM.Models.UserAndGroupCollectionPolicyJoin", many=True)
    ] = None
    policy_type: PolicyType = PolicyType.RESOURCE
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class AccessControlPolicyDetails(Out):
    __contract__ = "SbPAM.Models.AccessControlPolicyDetails"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    connection_profile_name: str | None = None
    policy_type: PolicyType = PolicyType.RESOURCE
    policy_type_name: str | None = None
