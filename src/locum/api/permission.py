"""What the caller may by custom roles (ROLE-05): operations of the contract's ManagedAccount controller."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import USER_PLUS
from locum.api.operations import operation
from locum.api.wire.base import In, Name, NameAndId
from locum.identities.caller import Caller
from locum.identities.rights import ScopeKind
from locum.identities.roles import GRANTABLE, Target, fixed_id
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission


class PermissionQuery(In):
    permission_group: Name | None = None
    policy_id: UUID | None = None


@operation(
    "ManagedAccount.GetPermissionGroupsAsync",
    "GET /api/v1/ManagedAccount/PermissionGroup",
    who=USER_PLUS,
    permission=Permission.ACCOUNTS_SELF_READ,
    problems=(400,),
    summary="The groups in which the caller has a permission: policies, credentials, recordings",
)
def get_permission_groups(tx: ReadTx, call: Call[None, None, None]) -> list[NameAndId]:
    return [_group(target) for target in Target if _held(call.caller, target, None)]


@operation(
    "ManagedAccount.GetPermissionAsync",
    "GET /api/v1/ManagedAccount/Permission",
    who=USER_PLUS,
    permission=Permission.ACCOUNTS_SELF_READ,
    problems=(400,),
    summary="The caller's permissions in one group or in all, for one policy if asked",
)
def get_permission(tx: ReadTx, call: Call[None, PermissionQuery, None]) -> list[NameAndId]:
    """`permissionGroup` is the id or the name of a group. A permission that is about no policy is left out where one
    is named, and so is one that the caller has for other policies only."""
    query = call.query
    targets = list(Target) if query.permission_group is None else [_named(query.permission_group)]
    return [
        NameAndId(id=fixed_id("permission", permission), name=permission)
        for target in targets
        for permission in _held(call.caller, target, query.policy_id)
    ]


def _held(caller: Caller, target: Target, policy_id: UUID | None) -> list[Permission]:
    if policy_id is not None and target is not Target.POLICIES:
        return []
    things = {} if policy_id is None else {ScopeKind.POLICY: policy_id}
    return [permission for permission in GRANTABLE[target].permissions if caller.may(permission, things)]


def _named(group: str) -> Target:
    for target in Target:
        if group.strip().lower() in (target, str(fixed_id("permission group", target))):
            return target
    raise Invalid(
        f"permissionGroup must be the id or the name of one of {', '.join(Target)}", field="permissionGroup"
    )


def _group(target: Target) -> NameAndId:
    return NameAndId(id=fixed_id("permission group", target), name=target)
