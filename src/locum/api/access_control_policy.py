"""/api/v1/AccessControlPolicy."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN_APP_OR_USER_PLUS, ADMIN_OR_APP, ADMIN_OR_USER_PLUS, Filtered, Scope
from locum.api.operations import operation
from locum.api.wire.access_control_policy import (
    SimpleAccessControlPolicy,
    SimpleAccessControlPolicyChangeIn,
    SimpleAccessControlPolicyIn,
)
from locum.api.wire.base import In, NameAndId
from locum.api.wire.enums import ApprovalType, PolicyType
from locum.identities import custom_roles
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotAvailable
from locum.kit.permissions import Permission
from locum.policies import add, change
from locum.policies.decide import Approval
from locum.policies.model import Policy

_RESOURCE_BASED = "only resource-based policies (policyType 0) are available yet"


class PolicyId(In):
    access_control_policy_id: UUID


class PolicyPath(In):
    policy_id: UUID


class IgnoreStatus(In):
    ignore_status: bool = False


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
    if body.policy_type is not PolicyType.RESOURCE:
        raise NotAvailable(_RESOURCE_BASED)
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
    return _view(tx, made)


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
    return _view(tx, add.get_policy(tx, call.params.access_control_policy_id, deleted_too=deleted_too))


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
    if body.policy_type not in (None, PolicyType.RESOURCE):
        raise NotAvailable(_RESOURCE_BASED)
    approval = body.approval_type_required
    changes = change.Changes(
        name=body.name,
        description=body.description,
        connection_profile_id=body.activity_configuration_id,
        activities=body.activity_ids,
        identities=body.managed_account_ids,
        resources=body.managed_resource_ids,
        priority=body.priority,
        approval=None if approval is None else Approval(approval),
        notes_required=body.notes_required,
        ticket_required=body.ticket_required,
    )
    return _view(tx, change.change_policy(tx, call.caller, policy_id, changes))


def _view(tx: ReadTx, row: Policy) -> SimpleAccessControlPolicy:
    joined = add.members_of(tx, row.id)
    return SimpleAccessControlPolicy(
        id=row.id,
        name=row.name,
        description=row.description,
        priority=row.priority,
        notes_required=row.notes_required,
        ticket_required=row.ticket_required,
        approval_type_required=ApprovalType(row.approval),
        policy_type=PolicyType.RESOURCE,
        managed_account_ids=joined.identities,
        managed_account_group_ids=[],
        managed_resource_ids=joined.resources,
        managed_resource_group_ids=[],
        credential_ids=[],
        activity_ids=joined.activities,
        activity_group_ids=[],
        activity_configuration_id=row.connection_profile_id,
    )
