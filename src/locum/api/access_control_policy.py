"""/api/v1/AccessControlPolicy."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_APP_OR_USER_PLUS, ADMIN_OR_APP, ADMIN_OR_USER_PLUS, Filtered, Scope
from locum.api.operations import operation
from locum.api.policy_view import policy_entity, policy_view
from locum.api.wire.access_control_policy import (
    AccessControlPolicy,
    PolicyCopyIn,
    SimpleAccessControlPolicy,
    SimpleAccessControlPolicyChangeIn,
    SimpleAccessControlPolicyIn,
)
from locum.api.wire.base import In, NameAndId
from locum.identities import custom_roles
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission
from locum.policies import add, change, status
from locum.policies.copy import copy_policy
from locum.policies.decide import Approval
from locum.policies.members import Members
from locum.policies.model import PolicyType
from locum.reads import policies as reads


class PolicyId(In):
    access_control_policy_id: UUID


class PolicyPath(In):
    policy_id: UUID


class IgnoreStatus(In):
    ignore_status: bool = False


class StatusFilter(In):
    is_deleted: bool = False
    is_disabled: bool = False
    ignore_status: bool = False


class NewStatus(In):
    is_deleted: bool | None = None
    is_disabled: bool | None = None


@operation(
    "AccessControlPolicy.GetAll",
    "GET /api/v1/AccessControlPolicy",
    who=ADMIN_OR_APP,
    permission=Permission.POLICIES_POLICY_READ,
    summary="Every policy of exactly this status, by default neither deleted nor disabled; of any with ignoreStatus",
)
def get_policies(tx: ReadTx, call: Call[None, StatusFilter, None]) -> list[SimpleAccessControlPolicy]:
    query = call.query
    found = reads.listed(
        tx,
        is_deleted=query.is_deleted,
        is_disabled=query.is_disabled,
        any_status=query.ignore_status,
        caller=call.caller,
    )
    return [policy_view(view) for view in found]


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
    if call.caller.key is not None:
        call.caller.key.check_new_policy()
    body = call.body
    for credential_id in body.credential_ids or ():
        if call.caller.key is not None:
            call.caller.key.check_credential(credential_id)
    members = Members(
        identities=body.managed_account_ids or [],
        groups=body.managed_account_group_ids or [],
        resources=body.managed_resource_ids or [],
        resource_groups=body.managed_resource_group_ids or [],
        activities=body.activity_ids or [],
        activity_groups=body.activity_group_ids or [],
        credentials=body.credential_ids or [],
    )
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
        policy_type=PolicyType(body.policy_type),
    )
    return policy_view(reads.one(tx, made.id))


@operation(
    "AccessControlPolicy.ListNamesAsync",
    "GET /api/v1/AccessControlPolicy/Names",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_READ,
    scope=Filtered(change.RIGHTS),
    problems=(400,),
    summary="Every policy by name, for a custom role's holder those of its scope",
)
def list_names(tx: ReadTx, call: Call[None, None, None]) -> list[NameAndId]:
    return [NameAndId.from_row(row) for row in change.names_for(tx, call.caller)]


@operation(
    "AccessControlPolicy.GetRolesForPolicyAsync",
    "GET /api/v1/AccessControlPolicy/RolesForPolicy/{policyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_READ,
    scope=Scope(ScopeKind.POLICY, "policyId", change.RIGHTS),
    problems=(404,),
    summary="The custom roles whose scope holds a policy",
)
def get_roles_for_policy(tx: ReadTx, call: Call[PolicyPath, None, None]) -> list[NameAndId]:
    found = add.get_policy(tx, call.params.policy_id)
    return [NameAndId.from_row(role) for role in custom_roles.roles_on_policy(tx, found.id)]


@operation(
    "AccessControlPolicy.Get",
    "GET /api/v1/AccessControlPolicy/{accessControlPolicyId}",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_READ,
    scope=Scope(ScopeKind.POLICY, "accessControlPolicyId", change.RIGHTS),
    problems=(404,),
    summary="One policy with its members; a deleted one if ignoreStatus says so",
)
def get_policy(tx: ReadTx, call: Call[PolicyId, IgnoreStatus, None]) -> SimpleAccessControlPolicy:
    deleted_too = call.query.ignore_status
    return policy_view(reads.one(tx, call.params.access_control_policy_id, deleted_too=deleted_too))


@operation(
    "AccessControlPolicy.Put",
    "PUT /api/v1/AccessControlPolicy/{accessControlPolicyId}",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_MODIFY,
    scope=Scope(ScopeKind.POLICY, "accessControlPolicyId", change.RIGHTS),
    problems=(404, 409),
    audit="policy.changed",
    summary="Change a policy; a custom role's holder changes what its permissions name (ROLE-02)",
)
def put_policy(tx: Tx, call: Call[PolicyId, None, SimpleAccessControlPolicyChangeIn]) -> SimpleAccessControlPolicy:
    """The whole view may be sent back: what is the same as before needs no permission."""
    body, policy_id = call.body, call.params.access_control_policy_id
    if body.id not in (None, policy_id):
        raise Invalid("id is another policy's than the path says", field="id")
    approval = body.approval_type_required
    changes = change.Changes(
        name=body.name,
        description=body.description,
        connection_profile_id=body.activity_configuration_id,
        activities=body.activity_ids,
        identities=body.managed_account_ids,
        resources=body.managed_resource_ids,
        groups=body.managed_account_group_ids,
        resource_groups=body.managed_resource_group_ids,
        activity_groups=body.activity_group_ids,
        credentials=body.credential_ids,
        policy_type=None if body.policy_type is None else PolicyType(body.policy_type),
        priority=body.priority,
        approval=None if approval is None else Approval(approval),
        notes_required=body.notes_required,
        ticket_required=body.ticket_required,
    )
    change.change_policy(tx, call.caller, policy_id, changes)
    return policy_view(reads.one(tx, policy_id))


@operation(
    "AccessControlPolicy.Delete",
    "DELETE /api/v1/AccessControlPolicy/{accessControlPolicyId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    status=202,
    audit="policy.deleted",
    summary="Delete a policy; it can be restored, and its sessions end soon",
)
def delete_policy(tx: Tx, call: Call[PolicyId, None, None]) -> None:
    status.delete_policy(tx, call.caller.actor, call.params.access_control_policy_id)


@operation(
    "AccessControlPolicy.PutStatus",
    "PUT /api/v1/AccessControlPolicy/{accessControlPolicyId}/Status",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404, 409),
    audit="policy.disabled",
    summary="Disable, enable, delete or restore a policy; what is not given stays",
)
def put_status(tx: Tx, call: Call[PolicyId, NewStatus, None]) -> SimpleAccessControlPolicy:
    policy_id, wanted = call.params.access_control_policy_id, call.query
    status.set_status(
        tx, call.caller.actor, policy_id, is_deleted=wanted.is_deleted, is_disabled=wanted.is_disabled
    )
    return policy_view(reads.one(tx, policy_id, deleted_too=True))


@operation(
    "AccessControlPolicy.CopyAccessControlPolicy",
    "PUT /api/v1/AccessControlPolicy/Copy",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_CREATE,
    problems=(404, 409),
    audit="policy.created",
    summary="Copy the policy of the body's id, with all it joins, under the body's name",
)
def copy(tx: Tx, call: Call[None, None, PolicyCopyIn]) -> AccessControlPolicy:
    made = copy_policy(tx, call.caller.actor, call.body.id, name=call.body.name)
    return policy_entity(reads.one(tx, made.id))
