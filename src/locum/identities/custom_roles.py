"""Custom roles: named sets of permissions for listed things, which administrators make (ROLE-02 to ROLE-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit.log import record
from locum.identities.caller import Caller, Role
from locum.identities.membership import principals
from locum.identities.model import (
    custom_role,
    custom_role_member,
    custom_role_permission,
    custom_role_scope,
    identity,
    identity_role,
)
from locum.identities.rights import NO_RIGHTS, Bounds, Rights, ScopeKind
from locum.identities.roles import BUILT_IN, GRANTABLE, Target
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import checked_name, name_key
from locum.kit.permissions import Permission

LONGEST_LIST = 1000  # things of one kind that one role can list
_TAKEN = "there is a role of this name already"


class CustomRole(msgspec.Struct, frozen=True):
    """A row of `custom_role`; permissions and scopes are in `Contents`."""

    id: UUID
    name: str
    description: str | None
    target: Target
    created_at: dt.datetime
    modified_at: dt.datetime


class Contents(msgspec.Struct):
    """What a custom role gives, and for which things. Of a kind that is not in `scopes`, everything."""

    permissions: list[Permission] = []
    scopes: dict[ScopeKind, list[UUID]] = {}


class _Piece(msgspec.Struct, frozen=True):
    """One permission of a role, or one thing of its scope."""

    role_id: UUID
    permission: Permission | None
    kind: ScopeKind | None
    member_id: UUID | None


_COLUMNS = [custom_role.c[name] for name in CustomRole.__struct_fields__]
_PIECES = sa.union_all(
    sa.select(
        custom_role_permission.c.role_id,
        custom_role_permission.c.permission,
        sa.type_coerce(sa.null(), sa.String).label("kind"),
        sa.type_coerce(sa.null(), sa.Uuid).label("member_id"),
    ),
    sa.select(
        custom_role_scope.c.role_id,
        sa.type_coerce(sa.null(), sa.String),
        custom_role_scope.c.kind,
        custom_role_scope.c.member_id,
    ),
).subquery()
# Built once: every request of a member runs it.
_RIGHTS = sa.select(*(_PIECES.c[name] for name in _Piece.__struct_fields__)).where(
    _PIECES.c.role_id.in_(
        sa.select(custom_role_member.c.role_id).where(
            custom_role_member.c.identity_id.in_(principals(sa.bindparam("identity_id", type_=sa.Uuid)))
        )
    )
)


def rights_of(tx: ReadTx, identity_id: UUID, roles: frozenset[Role]) -> Rights:
    """What custom roles give to an identity that holds `roles`, its own and those of its groups and collections: one
    statement, and none for who holds no such role."""
    if Role.USER_PLUS not in roles:
        return NO_RIGHTS
    held: dict[Permission, tuple[Bounds, ...]] = {}
    for role_id, contents in _gathered(tx.rows(_Piece, _RIGHTS, identity_id=identity_id)).items():
        bounds = Bounds(role_id, {kind: frozenset(ids) for kind, ids in contents.scopes.items()})
        for permission in contents.permissions:
            held[permission] = (*held.get(permission, ()), bounds)
    return Rights(held)


def within(
    caller: Caller, permission: Permission, columns: Mapping[ScopeKind, sa.ColumnElement[Any]]
) -> sa.ColumnElement[bool]:
    """The condition that keeps a list to what `caller` holds `permission` for; `columns` say where each kind stands.

    The ids stay in the database: a role may list more of them than a statement takes.
    """
    if permission in caller.permissions:
        return sa.true()

    def listed(bounds: Bounds, kind: ScopeKind) -> sa.Select[Any]:
        scope = custom_role_scope.c
        return sa.select(scope.member_id).where(scope.role_id == bounds.role_id, scope.kind == kind)

    return sa.or_(
        sa.false(),
        *(
            sa.and_(sa.true(), *(columns[k].in_(listed(bounds, k)) for k in columns if k in bounds.listed))
            for bounds in caller.rights.bounds(permission)
        ),
    )


def custom_roles(tx: ReadTx) -> list[CustomRole]:
    """All of them, by name."""
    return tx.rows(CustomRole, sa.select(*_COLUMNS).order_by(custom_role.c.name_key, custom_role.c.id))


def get(tx: ReadTx, role_id: UUID, *, hold: bool = False) -> CustomRole:
    """One custom role, with `hold` its row held until commit. Raises NotFound, Conflict for a built-in one."""
    if any(role.id == role_id for role in BUILT_IN):
        raise Conflict("a built-in role can't be changed or deleted")
    one = sa.select(*_COLUMNS).where(custom_role.c.id == role_id)
    found = tx.first(CustomRole, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("there is no role with this id")
    return found


def contents_of(tx: ReadTx, role_ids: list[UUID] | None = None) -> dict[UUID, Contents]:
    """What roles give, or all roles: one statement."""
    query = sa.select(*(_PIECES.c[name] for name in _Piece.__struct_fields__))
    if role_ids is not None:
        query = query.where(_PIECES.c.role_id.in_(role_ids))
    return _gathered(tx.rows(_Piece, query))


def roles_on_policy(tx: ReadTx, policy_id: UUID) -> list[CustomRole]:
    """The roles whose scope holds a policy, listed or not, by name."""
    scope = custom_role_scope.c
    bounded = sa.exists().where(scope.role_id == custom_role.c.id, scope.kind == ScopeKind.POLICY)
    listed = bounded.where(scope.member_id == policy_id)
    query = sa.select(*_COLUMNS).where(custom_role.c.target == Target.POLICIES, sa.or_(~bounded, listed))
    return tx.rows(CustomRole, query.order_by(custom_role.c.name_key, custom_role.c.id))


def create(
    tx: Tx, actor: Actor, *, name: str | None, description: str | None, target: Target, contents: Contents
) -> CustomRole:
    """Make a role nobody holds yet. Raises Conflict for a taken name, Invalid for what the target can't have.

    Whoever calls has made sure that the things listed exist: they are other rooms' rows.
    """
    shown = _free_name(tx, name, None)
    role_id = new_id()
    row = {
        "id": role_id,
        "name": shown,
        "name_key": name_key(shown),
        "description": description or None,
        "target": target,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    try:
        tx.add(custom_role, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(_TAKEN) from error
    _fill(tx, role_id, target, contents)
    _audit(tx, actor, "role.created", role_id, shown, contents)
    return get(tx, role_id)


def change(
    tx: Tx,
    actor: Actor,
    role_id: UUID,
    *,
    name: str | None,
    description: str | None,
    permissions: list[Permission] | None,
    scopes: Mapping[ScopeKind, list[UUID]],
) -> CustomRole:
    """Change what is given; None and a kind that is not among `scopes` stay as they are. Counts at once.

    Raises what `create` raises, and NotFound.
    """
    held = get(tx, role_id, hold=True)
    shown = held.name if name is None else _free_name(tx, name, role_id)
    before = contents_of(tx, [role_id]).get(role_id, Contents())
    after = Contents(before.permissions if permissions is None else permissions, {**before.scopes, **scopes})
    changed = (
        sa.update(custom_role)
        .where(custom_role.c.id == role_id)
        .values(
            name=shown,
            name_key=name_key(shown),
            description=held.description if description is None else description or None,
            modified_at=tx.now,
        )
    )
    try:
        tx.run(changed)
    except IntegrityError as error:
        raise Conflict(_TAKEN) from error
    for table in (custom_role_permission, custom_role_scope):
        tx.run(sa.delete(table).where(table.c.role_id == role_id))
    _fill(tx, role_id, held.target, after)
    _audit(tx, actor, "role.changed", role_id, shown, after)
    return get(tx, role_id)


def delete(tx: Tx, actor: Actor, role_id: UUID) -> None:
    """Delete a role; its members lose it with their next request. Raises NotFound, Conflict for a built-in one."""
    held = get(tx, role_id, hold=True)
    members = tx.scalars(
        sa.select(custom_role_member.c.identity_id).where(custom_role_member.c.role_id == role_id)
    )
    for table in (custom_role_member, custom_role_permission, custom_role_scope):
        tx.run(sa.delete(table).where(table.c.role_id == role_id))
    tx.run(sa.delete(custom_role).where(custom_role.c.id == role_id))
    for identity_id in sorted(members):
        keep_in_step(tx, identity_id)
    record(
        tx,
        actor,
        "role.deleted",
        object_kind="role",
        object_id=role_id,
        detail={"role": held.name, "count": len(members)},
    )


def keep_in_step(tx: Tx, identity_id: UUID) -> None:
    """Give the contract's role name UserPlus to who holds a custom role, and take it from who holds none any more.

    The identity's row is held first: two changes at once would each count the other's membership.
    """
    held = sa.select(identity.c.id).where(identity.c.id == identity_id)
    tx.scalar(held.with_for_update(key_share=True))
    member, role = custom_role_member.c, identity_role.c
    holds = tx.scalar(sa.select(member.role_id).where(member.identity_id == identity_id).limit(1)) is not None
    name = sa.and_(role.identity_id == identity_id, role.role == Role.USER_PLUS)
    named = tx.scalar(sa.select(role.role).where(name)) is not None
    if holds and not named:
        tx.add(identity_role, identity_id=identity_id, role=Role.USER_PLUS)
    elif named and not holds:
        tx.run(sa.delete(identity_role).where(name))


def _gathered(pieces: list[_Piece]) -> dict[UUID, Contents]:
    found: dict[UUID, Contents] = {}
    for piece in pieces:
        contents = found.setdefault(piece.role_id, Contents([], {}))
        if piece.kind is not None and piece.member_id is not None:
            contents.scopes.setdefault(piece.kind, []).append(piece.member_id)
        elif piece.permission is not None:
            contents.permissions.append(piece.permission)
    for contents in found.values():
        contents.permissions.sort()
        for ids in contents.scopes.values():
            ids.sort()
    return found


def _free_name(tx: ReadTx, name: str | None, role_id: UUID | None) -> str:
    shown = checked_name(name, field="name")
    key = name_key(shown)
    holder = tx.scalar(sa.select(custom_role.c.id).where(custom_role.c.name_key == key))
    if holder not in (None, role_id) or any(name_key(role.name) == key for role in BUILT_IN):
        raise Conflict(_TAKEN)
    return shown


def _fill(tx: Tx, role_id: UUID, target: Target, contents: Contents) -> None:
    """Insert what a role gives. Raises Invalid for what its target can't have."""
    grantable = GRANTABLE[target]
    permissions = set(contents.permissions)
    if not permissions:
        raise Invalid("a role needs at least one permission", field="permissions")
    if not permissions <= set(grantable.permissions):
        allowed = ", ".join(grantable.permissions)
        raise Invalid(f"a role for {target} can give {allowed}", field="permissions")
    rows = []
    for kind, ids in contents.scopes.items():
        if ids and kind not in grantable.scopes:
            raise Invalid(f"a role for {target} can't be limited by {kind}", field="target")
        if len(set(ids)) > LONGEST_LIST:
            raise Invalid(f"a role can list at most {LONGEST_LIST} things of one kind", field="target")
        rows += [{"role_id": role_id, "kind": kind, "member_id": thing} for thing in sorted(set(ids))]
    tx.add_all(custom_role_permission, [{"role_id": role_id, "permission": p} for p in sorted(permissions)])
    tx.add_all(custom_role_scope, rows)


def _audit(tx: Tx, actor: Actor, action: str, role_id: UUID, name: str, contents: Contents) -> None:
    record(
        tx,
        actor,
        action,
        object_kind="role",
        object_id=role_id,
        detail={
            "role": name,
            "permissions": ", ".join(sorted(set(contents.permissions))),
            "count": sum(len(set(ids)) for ids in contents.scopes.values()),
        },
    )
