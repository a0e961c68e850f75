"""Makes and deletes approval workflows (A.14): one to three tiers, each with approvers and how many must say yes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.audit import log as audit
from locum.identities.model import GROUPS, PEOPLE, identity
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.ids import new_id
from locum.kit.names import name_key
from locum.policies.workflow_model import Workflow, approval_workflow
from locum.sessions.approval import get_workflow
from locum.sessions.approval_model import approval_tier, approval_tier_approver
from locum.sessions.approval_rules import LAST_TIER
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session

ESCALATION_MINUTES = 10
MOST_APPROVERS = 100
MAY_APPROVE = (*PEOPLE, *GROUPS)


@dataclass(frozen=True, slots=True)
class NewTier:
    """Approvers may be people, applications and groups. `escalation_minutes` counts from when the tier is asked."""

    approvers: tuple[UUID, ...]
    required: int = 1
    escalation_minutes: int = ESCALATION_MINUTES
    escalation_id: UUID | None = None
    progression: int = 0


def add_workflow(
    tx: Tx, actor: Actor, *, name: str, tiers: list[NewTier], self_approval: bool = False
) -> Workflow:
    """Make a workflow; its tiers are asked in the order given. Raises Invalid, and Conflict for a name in use."""
    name = name.strip()
    if not name:
        raise Invalid("a name is needed", field="name")
    if not 1 <= len(tiers) <= LAST_TIER:
        raise Invalid(f"a workflow has 1 to {LAST_TIER} tiers", field="approvalWorkflowTiers")
    for tier in tiers:
        _check(tx, tier)
    key = name_key(name)
    c = approval_workflow.c
    if tx.scalar(sa.select(c.id).where(c.name_key == key)):
        raise Conflict("there is an approval workflow with this name already")
    workflow_id = new_id()
    tx.add(
        approval_workflow,
        id=workflow_id,
        name=name,
        name_key=key,
        self_approval=self_approval,
        modified_by=actor.id,
        created_at=tx.now,
        modified_at=tx.now,
    )
    for number, tier in enumerate(tiers, 1):
        _add_tier(tx, workflow_id, number, tier)
    _record(tx, actor, "created", workflow_id, name)
    return get_workflow(tx, workflow_id)


def delete_workflow(tx: Tx, actor: Actor, workflow_id: UUID) -> None:
    """Take it out of use. Raises NotFound, and Conflict while a connection profile or a request depends on it."""
    found = get_workflow(tx, workflow_id)
    p, s = connection_profile.c, access_session.c
    if tx.scalar(sa.select(p.id).where(p.approval_workflow_id == workflow_id).limit(1)):
        raise Conflict("a connection profile uses this approval workflow")
    waiting = sa.select(s.id).where(s.workflow_id == workflow_id, s.status == Status.APPROVAL_REQUIRED)
    if tx.scalar(waiting.limit(1)):
        raise Conflict("a request waits for this approval workflow")
    # Its name is free again; what was said under it is kept.
    tx.run(
        sa.update(approval_workflow)
        .where(approval_workflow.c.id == workflow_id)
        .values(deleted_at=tx.now, modified_at=tx.now, modified_by=actor.id, name_key=f"~{workflow_id}")
    )
    _record(tx, actor, "deleted", workflow_id, found.name)


def _record(tx: Tx, actor: Actor, verb: str, workflow_id: UUID, name: str) -> None:
    audit.record(
        tx,
        actor,
        f"approval_workflow.{verb}",
        object_kind="approval_workflow",
        object_id=workflow_id,
        detail={"name": name},
    )


def _check(tx: ReadTx, tier: NewTier) -> None:
    if not 1 <= len(set(tier.approvers)) <= MOST_APPROVERS:
        raise Invalid(f"a tier has 1 to {MOST_APPROVERS} approvers", field="approvalWorkflowTierApprovers")
    if not 1 <= tier.required <= MOST_APPROVERS:
        raise Invalid(
            f"requiredApprovalCount must lie between 1 and {MOST_APPROVERS}", field="requiredApprovalCount"
        )
    if not 1 <= tier.escalation_minutes <= 43200:
        raise Invalid("escalationTimeout must lie between 1 and 43200 minutes", field="escalationTimeout")
    if tier.progression not in (0, 1):
        raise Invalid("progressionType must be Sequential or Concurrent", field="progressionType")
    named = {*tier.approvers, *([] if tier.escalation_id is None else [tier.escalation_id])}
    i = identity.c
    known = sa.select(sa.func.count()).where(i.id.in_(named), i.kind.in_(MAY_APPROVE), i.deleted_at.is_(None))
    if tx.scalar(known) != len(named):
        raise Invalid("there is no such approver", field="approvalWorkflowTierApprovers")


def _add_tier(tx: Tx, workflow_id: UUID, number: int, tier: NewTier) -> None:
    tier_id = new_id()
    tx.add(
        approval_tier,
        id=tier_id,
        workflow_id=workflow_id,
        number=number,
        progression=tier.progression,
        required=tier.required,
        escalation_minutes=tier.escalation_minutes,
        escalation_id=tier.escalation_id,
        created_at=tx.now,
    )
    tx.add_all(
        approval_tier_approver,
        [{"tier_id": tier_id, "approver_id": approver} for approver in sorted(set(tier.approvers))],
    )
