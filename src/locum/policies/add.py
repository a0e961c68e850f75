"""Adds an access policy with its members."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.activities.model import activity, connection_profile
from locum.audit import log as audit
from locum.identities.model import identity
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import checked_name, name_key
from locum.policies.decide import Approval
from locum.policies.model import Policy, policy, policy_activity, policy_identity, policy_resource
from locum.resources.model import resource

TAKEN = "there is an access policy of this name already"
_COLUMNS = [policy.c[name] for name in Policy.__struct_fields__]


class Members(msgspec.Struct, frozen=True):
    """Whom a policy joins with what, and where."""

    identities: list[UUID] = []
    resources: list[UUID] = []
    activities: list[UUID] = []


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
) -> Policy:
    """A resource-based policy (POL-01). No approval given means Allow, no profile the default one.

    Raises Conflict for a taken name, Invalid for a member that does not exist.
    """
    shown = checked_name(name, field="name")
    if tx.scalar(sa.select(policy.c.id).where(policy.c.name_key == name_key(shown))) is not None:
        raise Conflict(TAKEN)
    policy_id = new_id()
    row = {
        "id": policy_id,
        "name": shown,
        "name_key": name_key(shown),
        "description": description,
        "priority": priority,
        "approval": Approval.ALLOW if approval is None else approval,
        "notes_required": notes_required,
        "ticket_required": ticket_required,
        "connection_profile_id": profile_id_of(tx, connection_profile_id),
        "is_disabled": False,
        "is_deleted": False,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    try:
        tx.add(policy, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(TAKEN) from error
    join(tx, policy_identity, policy_id, identity, members.identities, "managedAccountIds")
    join(tx, policy_resource, policy_id, resource, members.resources, "managedResourceIds")
    join(tx, policy_activity, policy_id, activity, members.activities, "activityIds")
    audit.record(
        tx,
        actor,
        "policy.created",
        object_kind="policy",
        object_id=policy_id,
        detail={
            "policy": shown,
            "identities": len(members.identities),
            "resources": len(members.resources),
            "activities": len(members.activities),
        },
    )
    return get_policy(tx, policy_id)


def members_of(tx: ReadTx, policy_id: UUID) -> Members:
    """The ids a policy joins: three statements."""

    def ids(table: sa.Table) -> list[UUID]:
        return tx.scalars(
            sa.select(table.c.member_id).where(table.c.policy_id == policy_id).order_by(table.c.member_id)
        )

    return Members(ids(policy_identity), ids(policy_resource), ids(policy_activity))


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


def join(tx: Tx, joins: sa.Table, policy_id: UUID, members: sa.Table, ids: list[UUID], field: str) -> None:
    """Insert members of one kind. Raises Invalid for one that does not exist."""
    wanted = set(ids)
    there = sa.select(members.c.id).where(members.c.id.in_(wanted))
    if members is identity:
        there = there.where(identity.c.deleted_at.is_(None))
    known = set(tx.scalars(there)) if wanted else set()
    if known != wanted:
        raise Invalid(f"{field} names something that does not exist", field=field)
    tx.add_all(joins, [{"policy_id": policy_id, "member_id": member} for member in sorted(wanted)])
