"""Adds an access policy with its members."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.activities.model import connection_profile
from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import checked_name, name_key
from locum.policies.decide import Approval
from locum.policies.members import TIES, Members, join
from locum.policies.model import Policy, PolicyType, policy

TAKEN = "there is an access policy of this name already"
_COLUMNS = [policy.c[name] for name in Policy.__struct_fields__]


def get_policy(tx: ReadTx, policy_id: UUID, *, hold: bool = False, deleted_too: bool = False) -> Policy:
    """The policy, or NotFound; with `hold` its row is held until commit."""
    one = sa.select(*_COLUMNS).where(policy.c.id == policy_id)
    if not deleted_too:
        one = one.where(policy.c.is_deleted.is_(False))
    found = tx.first(Policy, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("no such access policy")
    return found


def add_policy(
    tx: Tx,
    actor: Actor,
    *,
    name: str | None,
    members: Members,
    description: str | None = None,
    priority: int = 0,
    approval: Approval | None = None,
    notes_required: bool = False,
    ticket_required: bool = False,
    connection_profile_id: UUID | None = None,
    policy_type: PolicyType = PolicyType.RESOURCE,
    is_disabled: bool = False,
) -> Policy:
    """A policy of either type (POL-01). No approval given means Allow, no profile the default one.

    Raises Conflict for a taken name, Invalid for a member that does not exist or that no policy of this type joins.
    """
    shown = checked_name(name, field="name")
    if tx.scalar(sa.select(policy.c.id).where(policy.c.name_key == name_key(shown))) is not None:
        raise Conflict(TAKEN)
    made = Policy(
        id=new_id(),
        name=shown,
        name_key=name_key(shown),
        description=description,
        priority=priority,
        approval=Approval.ALLOW if approval is None else approval,
        notes_required=notes_required,
        ticket_required=ticket_required,
        connection_profile_id=profile_id_of(tx, connection_profile_id),
        is_disabled=is_disabled,
        is_deleted=False,
        created_at=tx.now,
        modified_at=tx.now,
        type=policy_type,
    )
    try:
        tx.add(policy, **{name: getattr(made, name) for name in Policy.__struct_fields__})
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(TAKEN) from error
    for tie in TIES.values():
        join(tx, actor, made, tie, getattr(members, tie.field), tell=False)
    audit.record(
        tx,
        actor,
        "policy.created",
        object_kind="policy",
        object_id=made.id,
        detail={
            "policy": shown,
            "identities": len(members.identities) + len(members.groups),
            "resources": len(members.resources) + len(members.resource_groups),
            "activities": len(members.activities) + len(members.activity_groups),
            "credentials": len(members.credentials) + len(members.credential_groups),
        },
    )
    return get_policy(tx, made.id)


def profile_id_of(tx: ReadTx, profile_id: UUID | None) -> UUID:
    """The connection profile, that of new policies for None. Raises Invalid where there is none of that id.

    It is held against deletion until commit.
    """
    match = connection_profile.c.id == profile_id if profile_id else connection_profile.c.is_default.is_(True)
    there = sa.select(connection_profile.c.id).where(match, connection_profile.c.is_deleted.is_(False))
    found: UUID | None = tx.scalar(there.with_for_update(read=True, key_share=True))
    if found is None:
        raise Invalid("activityConfigurationId names no connection profile", field="activityConfigurationId")
    return found
