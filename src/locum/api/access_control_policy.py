"""/api/v1/AccessControlPolicy."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.access_control_policy import SimpleAccessControlPolicy, SimpleAccessControlPolicyIn
from locum.api.wire.enums import ApprovalType, PolicyType
from locum.kit.db import Tx
from locum.kit.errors import NotAvailable
from locum.kit.permissions import Permission
from locum.policies import add
from locum.policies.decide import Approval


@operation(
    "AccessControlPolicy.Post",
    "POST /api/v1/AccessControlPolicy",
    who=ADMIN_OR_APP,
    permission=Permission.POLICIES_POLICY_CREATE,
    problems=(400, 409),
    audit="policy.created",
    summary="Join people, resources and activities under a connection profile (POL-01)",
)
def create_policy(tx: Tx, call: Call[None, None, SimpleAccessControlPolicyIn]) -> SimpleAccessControlPolicy:
    body = call.body
    if body.policy_type is not PolicyType.RESOURCE:
        raise NotAvailable("only resource-based policies (policyType 0) are available yet")
    members = add.Members(body.managed_account_ids or [], body.managed_resource_ids or [], body.activity_ids or [])
    made = add.add_policy(
        tx,
        call.caller.actor,
        name=body.name,
        members=members,
        description=body.description,
        priority=body.priority,
        approval=Approval(body.approval_type_required),
        notes_required=body.notes_required,
        ticket_required=body.ticket_required,
        connection_profile_id=body.activity_configuration_id,
    )
    joined = add.members_of(tx, made.id)
    return SimpleAccessControlPolicy(
        id=made.id,
        name=made.name,
        description=made.description,
        priority=made.priority,
        notes_required=made.notes_required,
        ticket_required=made.ticket_required,
        approval_type_required=ApprovalType(made.approval),
        policy_type=PolicyType.RESOURCE,
        managed_account_ids=joined.identities,
        managed_account_group_ids=[],
        managed_resource_ids=joined.resources,
        managed_resource_group_ids=[],
        credential_ids=[],
        activity_ids=joined.activities,
        activity_group_ids=[],
        activity_configuration_id=made.connection_profile_id,
    )
