"""Copies an access policy under another name."""

from __future__ import annotations

from uuid import UUID

from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.policies.add import add_policy, get_policy
from locum.policies.decide import Approval
from locum.policies.members import members_of
from locum.policies.model import Policy, PolicyType


def copy_policy(tx: Tx, actor: Actor, policy_id: UUID, *, name: str | None) -> Policy:
    """A new policy with the members, rules and status of another (POL-01).

    Raises NotFound, Invalid for no name, Conflict for a taken one.
    """
    held = get_policy(tx, policy_id, hold=True)
    return add_policy(
        tx,
        actor,
        name=name,
        members=members_of(tx, policy_id),
        description=held.description,
        priority=held.priority,
        approval=Approval(held.approval),
        notes_required=held.notes_required,
        ticket_required=held.ticket_required,
        connection_profile_id=held.connection_profile_id,
        policy_type=PolicyType(held.type),
        is_disabled=held.is_disabled,
    )
