"""What a person can ask for: activities by policy, and resources."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import Out, Time, later
from locum.api.wire.connection_profile import CustomField
from locum.api.wire.enums import ActivityType, CustomFieldDataType, PolicyType
from locum.kit.ids import NIL


class PolicyInfo(Out):
    """A policy that gives an activity."""

    __contract__ = "SbPAM.Models.PolicyInfo"

    activity_id: UUID = NIL
    managed_account_id: UUID = NIL
    policy_id: UUID = NIL
    policy_name: str | None = None
    policy_type: PolicyType = PolicyType.RESOURCE
    max_session_length: int = 0
    notes_required: bool = False
    ticket_required: bool = False
    activity_card: Annotated[None, later("SbPAM.Models.ActivityCardWithPolicies")] = None
    custom_fields: list[CustomField] | None = None


class _Card(Out):
    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    activity_type: ActivityType = ActivityType.INTERACTIVE
    resource_text: str | None = None
    platform_id: UUID = NIL
    platform_name: str | None = None
    os: str | None = None
    managed_account_id: UUID = NIL
    total_resources: int = 0
    latest_session_actual_start_utc: Time | None = None
    custom_field1_name: str | None = None
    custom_field1_label: str | None = None
    custom_field1_description: str | None = None
    custom_field1_length: int | None = None
    custom_field1_options: str | None = None
    custom_field1_custom_field_data_type: CustomFieldDataType = CustomFieldDataType.INTEGER
    custom_field1_required: bool | None = None
    custom_field2_name: str | None = None
    custom_field2_label: str | None = None
    custom_field2_description: str | None = None
    custom_field2_length: int | None = None
    custom_field2_options: str | None = None
    custom_field2_custom_field_data_type: CustomFieldDataType = CustomFieldDataType.INTEGER
    custom_field2_required: bool | None = None
    custom_field3_name: str | None = None
    custom_field3_label: str | None = None
    custom_field3_description: str | None = None
    custom_field3_length: int | None = None
    custom_field3_options: str | None = None
    custom_field3_custom_field_data_type: CustomFieldDataType = CustomFieldDataType.INTEGER
    custom_field3_required: bool | None = None


class ActivityCardWithPolicies(_Card):
    """`policies` holds every policy that gives the activity; the policy beside it is the first to decide."""

    __contract__ = "SbPAM.Models.ActivityCardWithPolicies"

    policies: list[PolicyInfo] | None = None
    policy_id: UUID = NIL
    policy_name: str | None = None
    policy_type: PolicyType = PolicyType.RESOURCE


class ActivityCard(_Card):
    __contract__ = "SbPAM.Models.ActivityCard"

    policy_id: UUID = NIL
    policy_name: str | None = None
    policy_type: PolicyType = PolicyType.RESOURCE
    notes_required: bool = False
    ticket_required: bool = False
    max_session_length: int = 0


class GroupActivityCard(Out):
    __contract__ = "SbPAM.Models.GroupActivityCard"

    id: UUID = NIL
    name: str | None = None
    policy_id: UUID = NIL
    policy_name: str | None = None
    managed_account_group_id: UUID = NIL
    latest_session_actual_start_utc: Time | None = None


class ActivityPolicy(Out):
    __contract__ = "SbPAM.Models.ActivityPolicy"

    activity_id: UUID = NIL
    activity_name: str | None = None
    policy_id: UUID = NIL
    policy_name: str | None = None
    platform_id: UUID | None = None
    is_deleted: bool = False
    notes_required: bool = False
    ticket_required: bool = False
    max_session_length: int = 0


class PolicyObjectResource(Out):
    """Beyond the contract: published scripts read a row's resource."""

    id: UUID = NIL
    platform_name: str | None = None
    dns_host_name: str | None = None


class AccessPolicyObject(Out):
    __contract__ = "SbPAM.Models.AccessPolicyObject"

    id: UUID = NIL
    policy_type: PolicyType = PolicyType.RESOURCE
    activity_policies: list[ActivityPolicy] | None = None
    name: str | None = None
    os: str | None = None
    platform: str | None = None
    resource: PolicyObjectResource | None = None
