"""Changes an access policy, as far as the caller may: each field has its own permission (ROLE-02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.identities.caller import Caller
from locum.identities.custom_roles import within
from locum.identities.rights import ScopeKind
from locum.identities.roles import GRANTABLE, Target
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden
from locum.kit.names import checked_name, name_key
from locum.kit.permissions import Permission
from locum.policies.add import TAKEN, get_policy, profile_id_of
from locum.policies.decide import Approval
from locum.policies.members import TIES, join, members_of, part
from locum.policies.model import Policy, PolicyType, policy

RIGHTS = GRANTABLE[Target.POLICIES].permissions
"""A custom role that gives any one of these lets its holder see the policies of its scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a policy shall be. None leaves a field as it is."""

    name: str | None = None
    description: str | None = None
    connection_profile_id: UUID | None = None
    activities: list[UUID] | None = None
    identities: list[UUID] | None = None
    resources: list[UUID] | None = None
    groups: list[UUID] | None = None
    resource_groups: list[UUID] | None = None
    activity_groups: list[UUID] | None = None
    credentials: list[UUID] | None = None
    credential_groups: list[UUID] | None = None
    policy_type: PolicyType | None = None
    priority: int | None = None
    approval: Approval | None = None
    notes_required: bool | None = None
    ticket_required: bool | None = None


# Fields that a custom role can be given; of every other field, who holds the whole policy decides.
_BY_FIELD = {
    "name": Permission.POLICIES_NAME_MODIFY,
    "description": Permission.POLICIES_DESCRIPTION_MODIFY,
    "connection_profile_id": Permission.POLICIES_PROFILE_MODIFY,
}


def change_policy(tx: Tx, caller: Caller, policy_id: UUID, changes: Changes) -> Policy:
    """Make the policy what `changes` say; what is the same already needs no permission.

    Raises NotFound, Forbidden with the permission a changed field or member needs, Conflict for a taken name or
    another type, and Invalid for a member or profile that does not exist or can't be in a policy of this type.
    """
    held = get_policy(tx, policy_id, hold=True)
    if changes.policy_type not in (None, held.type):
        raise Conflict("the type of an access policy can't be changed: make another policy")
    values = _values(tx, held, changes)
    about = {ScopeKind.POLICY: policy_id}
    for field in values:
        require(caller, _BY_FIELD.get(field, Permission.POLICIES_POLICY_MODIFY), about)
    changed = sorted(values)
    before = members_of(tx, policy_id)
    for field, tie in TIES.items():
        wanted = getattr(changes, field)
        if wanted is None:
            continue
        there = set(getattr(before, field))
        if there == set(wanted):
            continue
        for thing in sorted(there ^ set(wanted)):
            require(caller, tie.permission, {**about, tie.scope: thing})
        part(tx, caller.actor, held, tie, there - set(wanted))
        join(tx, caller.actor, held, tie, set(wanted) - there)
        changed.append(field)
    if not changed:
        return held
    _update(tx, policy_id, values)
    audit.record(
        tx,
        caller.actor,
        "policy.changed",
        object_kind="policy",
        object_id=policy_id,
        detail={"policy": values.get("name", held.name), "fields": ", ".join(changed)},
    )
    return get_policy(tx, policy_id)


def names_for(tx: ReadTx, caller: Caller) -> list[Policy]:
    """The live policies `caller` may read, by name: one statement."""
    columns = {ScopeKind.POLICY: policy.c.id}
    seen = (within(caller, p, columns) for p in (Permission.POLICIES_POLICY_READ, *RIGHTS))
    query = sa.select(*(policy.c[name] for name in Policy.__struct_fields__))
    query = query.where(policy.c.is_deleted.is_(False), sa.or_(*seen))
    if caller.key is not None and caller.key.policies is not None:
        query = query.where(policy.c.id.in_(caller.key.policies))
    return tx.rows(Policy, query.order_by(policy.c.name_key, policy.c.id))


def _values(tx: Tx, held: Policy, changes: Changes) -> dict[str, Any]:
    """The columns that would change. An empty description is none."""
    given: dict[str, Any] = {
        "name": None if changes.name is None else checked_name(changes.name, field="name"),
        "connection_profile_id": changes.connection_profile_id,
        "priority": changes.priority,
        "approval": changes.approval,
        "notes_required": changes.notes_required,
        "ticket_required": changes.ticket_required,
    }
    values = {name: value for name, value in given.items() if value is not None and value != getattr(held, name)}
    if changes.description is not None and changes.description != (held.description or ""):
        values["description"] = changes.description or None
    return values


def _update(tx: Tx, policy_id: UUID, values: dict[str, Any]) -> None:
    if "connection_profile_id" in values:
        profile_id_of(tx, values["connection_profile_id"])
    if "name" in values:
        values = {**values, "name_key": name_key(values["name"])}
        taken = sa.select(policy.c.id).where(policy.c.name_key == values["name_key"], policy.c.id != policy_id)
        if tx.scalar(taken) is not None:
            raise Conflict(TAKEN)
    try:
        tx.run(sa.update(policy).where(policy.c.id == policy_id).values(**values, modified_at=tx.now))
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(TAKEN) from error


def require(caller: Caller, permission: Permission, things: dict[ScopeKind, UUID]) -> None:
    """Raise Forbidden unless the caller may change the whole policy, or this of it by a custom role.

    A credential must besides be one that the API key is for: a policy gives it to people.
    """
    if caller.key is not None and ScopeKind.CREDENTIAL in things:
        caller.key.check_credential(things[ScopeKind.CREDENTIAL])
    if Permission.POLICIES_POLICY_MODIFY in caller.permissions or caller.may(permission, things):
        return
    kind = next(reversed(things))
    what = f"permission {permission} for this {kind}"
    raise Forbidden(f"this needs the {what}", missing=what)
