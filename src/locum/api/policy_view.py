"""How the contract shows an access policy."""

from __future__ import annotations

from locum.activities import model
from locum.api.activity import shown as activity_shown
from locum.api.wire.access_control_policy import (
    AccessControlPolicy,
    AccessControlPolicyDetails,
    SimpleAccessControlPolicy,
)
from locum.api.wire.activity_group import ActivityGroup
from locum.api.wire.base import at
from locum.api.wire.enums import ApprovalType, PolicyType
from locum.policies.groups import Group
from locum.reads.policies import PolicyRow, PolicyView


def policy_view(view: PolicyView) -> SimpleAccessControlPolicy:
    """A policy with all it joins."""
    row, members = view.row, view.members
    return SimpleAccessControlPolicy(
        id=row.id,
        name=row.name,
        description=row.description,
        priority=row.priority,
        notes_required=row.notes_required,
        ticket_required=row.ticket_required,
        approval_type_required=ApprovalType(row.approval),
        policy_type=PolicyType(row.type),
        managed_account_ids=members.identities,
        managed_account_group_ids=members.groups,
        managed_resource_ids=members.resources,
        managed_resource_group_ids=members.resource_groups,
        credential_ids=members.credentials,
        activity_ids=members.activities,
        activities=[activity_shown(row) for row in view.activities],
        activity_configuration=row.profile_name,
        activity_configuration_max_session_length=row.profile_minutes,
        activity_configuration_id=row.profile_id,
        activity_groups=[activity_group_view(row) for row in view.activity_groups],
        activity_group_ids=members.activity_groups,
    )


def policy_entity(view: PolicyView) -> AccessControlPolicy:
    """A policy by itself, with its status."""
    row = view.row
    return AccessControlPolicy(
        id=row.id,
        name=row.name,
        description=row.description,
        activity_configuration_id=row.profile_id,
        priority=row.priority,
        is_disabled=row.is_disabled,
        is_deleted=row.is_deleted,
        policy_type=PolicyType(row.type),
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def policy_details(row: PolicyRow) -> AccessControlPolicyDetails:
    """A policy to choose from."""
    kind = PolicyType(row.type)
    return AccessControlPolicyDetails(
        id=row.id,
        name=row.name,
        description=row.description,
        connection_profile_name=row.profile_name,
        policy_type=kind,
        policy_type_name=kind.name.title(),
    )


def activity_group_view(row: model.ActivityGroup | Group) -> ActivityGroup:
    """A group of activities, without them."""
    return ActivityGroup(
        id=row.id,
        name=row.name,
        description=row.description,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
