"""/api/locum/v1/Role: built-in and custom roles, and who holds them (ROLE-01 to ROLE-04)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.enums import EntityType
from locum.api.wire.role import RoleIn, RoleMemberDto, RoleView
from locum.identities import custom_roles, role_members
from locum.identities.custom_roles import Contents, CustomRole
from locum.identities.rights import ScopeKind
from locum.identities.roles import BUILT_IN, PERMISSIONS, BuiltIn, Target
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.permissions import Permission
from locum.reads import role_scopes

_LISTS = {
    ScopeKind.POLICY: "policy_ids",
    ScopeKind.ACTIVITY: "activity_ids",
    ScopeKind.IDENTITY: "managed_account_ids",
    ScopeKind.RESOURCE: "managed_resource_ids",
    ScopeKind.CREDENTIAL: "credential_ids",
}


class RoleId(In):
    role_id: UUID


class RoleHolder(In):
    identity_id: UUID | None = None


class RoleAndIdentity(In):
    role_id: UUID
    identity_id: UUID


@operation(
    "Role.GetAll",
    "GET /api/locum/v1/Role",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_READ,
    problems=(404,),
    summary="All roles, or those that an identity holds itself: the built-in ones first, then custom ones by name",
)
def get_roles(tx: ReadTx, call: Call[None, RoleHolder, None]) -> list[RoleView]:
    counts, contents = role_members.counts(tx), custom_roles.contents_of(tx)
    own = [_custom(role, contents.get(role.id, Contents()), counts) for role in custom_roles.custom_roles(tx)]
    roles = [*(_built_in(role, counts) for role in BUILT_IN), *own]
    holder = call.query.identity_id
    held = role_members.held_by(tx, holder) if holder else {role.id for role in roles}
    return [role for role in roles if role.id in held]


@operation(
    "Role.Get",
    "GET /api/locum/v1/Role/{roleId}",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_READ,
    problems=(404,),
    summary="One role: its permissions, and for which things they hold",
)
def get_role(tx: ReadTx, call: Call[RoleId, None, None]) -> RoleView:
    role = role_members.built_in(call.params.role_id)
    if role is not None:
        return _built_in(role, role_members.counts(tx))
    return _shown(tx, custom_roles.get(tx, call.params.role_id))


@operation(
    "Role.Create",
    "POST /api/locum/v1/Role",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_MANAGE,
    problems=(409,),
    audit="role.created",
    status=201,
    summary="Make a custom role for policies, credentials or recordings (ROLE-02 to ROLE-04)",
)
def create_role(tx: Tx, call: Call[None, None, RoleIn]) -> RoleView:
    body = call.body
    contents = Contents(_permissions(body) or [], _scopes(tx, body))
    made = custom_roles.create(
        tx,
        call.caller.actor,
        name=body.name,
        description=body.description,
        target=_target(body.target),
        contents=contents,
    )
    return _shown(tx, made)


@operation(
    "Role.Change",
    "PUT /api/locum/v1/Role/{roleId}",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_MANAGE,
    problems=(404, 409),
    audit="role.changed",
    summary="Change a custom role; what is absent stays, and its holders notice with their next request",
)
def change_role(tx: Tx, call: Call[RoleId, None, RoleIn]) -> RoleView:
    body = call.body
    held = custom_roles.get(tx, call.params.role_id)
    if body.target is not None and _target(body.target) is not held.target:
        raise Conflict("the target of a role can't change: make another role")
    changed = custom_roles.change(
        tx,
        call.caller.actor,
        held.id,
        name=body.name,
        description=body.description,
        permissions=_permissions(body),
        scopes=_scopes(tx, body, custom_roles.contents_of(tx, [held.id]).get(held.id)),
    )
    return _shown(tx, changed)


@operation(
    "Role.Delete",
    "DELETE /api/locum/v1/Role/{roleId}",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_MANAGE,
    problems=(404, 409),
    audit="role.deleted",
    summary="Delete a custom role and take it from everybody who holds it",
)
def delete_role(tx: Tx, call: Call[RoleId, None, None]) -> None:
    custom_roles.delete(tx, call.caller.actor, call.params.role_id)


@operation(
    "Role.GetMembers",
    "GET /api/locum/v1/Role/{roleId}/Member",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_READ,
    problems=(404,),
    summary="One page of those who hold a role",
)
def get_members(tx: ReadTx, call: Call[RoleId, Paging, None]) -> Table[RoleMemberDto]:
    listed = role_members.members(tx, call.params.role_id, call.query.page())
    rows = [
        RoleMemberDto(member_id=row.id, member_name=row.name, member_type=EntityType(row.kind))
        for row in listed.rows
    ]
    return Table[RoleMemberDto](data=rows, records_total=listed.total)


@operation(
    "Role.AddMember",
    "PUT /api/locum/v1/Role/{roleId}/Member/{identityId}",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_MANAGE,
    problems=(404, 409),
    audit="role.member_added",
    summary="Give a role to an identity; nothing happens to one that has it",
)
def add_member(tx: Tx, call: Call[RoleAndIdentity, None, None]) -> None:
    role_members.add(tx, call.caller.actor, call.params.role_id, [call.params.identity_id])


@operation(
    "Role.RemoveMember",
    "DELETE /api/locum/v1/Role/{roleId}/Member/{identityId}",
    who=ADMIN,
    permission=Permission.ROLES_ROLE_MANAGE,
    problems=(404, 409),
    audit="role.member_removed",
    summary="Take a role from an identity, but never the last administrator's",
)
def remove_member(tx: Tx, call: Call[RoleAndIdentity, None, None]) -> None:
    role_members.remove(tx, call.caller.actor, call.params.role_id, [call.params.identity_id])


def _shown(tx: ReadTx, role: CustomRole) -> RoleView:
    contents = custom_roles.contents_of(tx, [role.id]).get(role.id, Contents())
    return _custom(role, contents, role_members.counts(tx))


def _custom(role: CustomRole, contents: Contents, counts: dict[UUID, int]) -> RoleView:
    view = RoleView(
        id=role.id,
        name=role.name,
        description=role.description,
        target=role.target,
        permissions=list(contents.permissions),
        member_count=counts.get(role.id, 0),
        created_date_time_utc=at(role.created_at),
        modified_date_time_utc=at(role.modified_at),
    )
    for kind, name in _LISTS.items():
        setattr(view, name, contents.scopes.get(kind, []))
    return view


def _built_in(role: BuiltIn, counts: dict[UUID, int]) -> RoleView:
    return RoleView(
        id=role.id,
        name=role.name,
        description=role.description,
        is_built_in=True,
        permissions=sorted(PERMISSIONS[role.role]),
        member_count=counts.get(role.id, 0),
    )


def _target(name: str | None) -> Target:
    try:
        return Target(name or "")
    except ValueError:
        raise Invalid(f"target must be one of {', '.join(Target)}", field="target") from None


def _permissions(body: RoleIn) -> list[Permission] | None:
    if body.permissions is None:
        return None
    try:
        return [Permission(name) for name in body.permissions]
    except ValueError:
        raise Invalid("permissions names something that is no permission", field="permissions") from None


def _scopes(tx: ReadTx, body: RoleIn, before: Contents | None = None) -> dict[ScopeKind, list[UUID]]:
    """What the body lists, by kind; a list that is absent is not in it.

    What a role listed `before` may be gone by now: its whole view can still be sent back.
    """
    given = {kind: getattr(body, name) for kind, name in _LISTS.items()}
    scopes = {kind: ids for kind, ids in given.items() if ids is not None}
    for kind, missing in role_scopes.unknown(tx, scopes).items():
        if missing - set(before.scopes.get(kind, []) if before else []):
            field = next(f.encode_name for f in msgspec.structs.fields(RoleIn) if f.name == _LISTS[kind])
            raise Invalid(f"{field} names something that does not exist", field=field)
    return scopes
