"""Makes, changes and deletes approval workflows (A.14): one to three tiers, each with approvers and its quorum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.audit import log as audit
from locum.identities.model import GROUPS, PEOPLE, identity
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.ids import new_id
from locum.kit.names import name_key
from locum.policies.workflow_model import Workflow, approval_workflow
from locum.sessions.approval import get_workflow, tiers_of
from locum.sessions.approval_model import approval_tier, approval_tier_approver
from locum.sessions.approval_rules import LAST_TIER, Progression
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.transition import JOB

ESCALATION_MINUTES = 10
MOST_APPROVERS = 100
MAY_APPROVE = (*PEOPLE, *GROUPS)

_NAMED = 5  # connection profiles in a refusal


@dataclass(frozen=True, slots=True)
class NewTier:
    """Approvers may be people, applications and groups. `escalation_minutes` counts from when the tier is asked.

    A concurrent tier is asked together with the one before it, a sequential one after it.
    """

    approvers: tuple[UUID, ...]
    required: int = 1
    escalation_minutes: int = ESCALATION_MINUTES
    escalation_id: UUID | None = None
    progression: Progression = Progression.SEQUENTIAL


def add_workflow(
    tx: Tx, actor: Actor, *, name: str, tiers: list[NewTier], self_approval: bool = False
) -> Workflow:
    """Make a workflow; its tiers are asked in the order given. Raises Invalid, and Conflict for a name in use."""
    workflow_id = new_id()
    name = _checked(tx, workflow_id, name, tiers)
    tx.add(
        approval_workflow,
        id=workflow_id,
        name=name,
        name_key=name_key(name),
        self_approval=self_approval,
        modified_by=actor.id,
        created_at=tx.now,
        modified_at=tx.now,
    )
    for number, tier in enumerate(tiers, 1):
        _add_tier(tx, workflow_id, number, tier)
    _record(tx, actor, "created", workflow_id, name)
    return get_workflow(tx, workflow_id)


def change_workflow(
    tx: Tx, actor: Actor, workflow_id: UUID, *, name: str, tiers: list[NewTier], self_approval: bool = False
) -> Workflow:
    """Replace all of it. Raises NotFound, Invalid, and Conflict for a name in use.

    Where more changes than the name, requests that wait are asked anew from the first tier, all of whose approvers
    have to say yes again: what was said so far was said to other rules. That holds from this commit on, for
    `approval.decide` looks which tiers there are; the jobs only see to it that nobody has to say something first.
    """
    # Held first: of two changes at one moment, the second must see what the first has made.
    tx.scalar(sa.select(approval_workflow.c.id).where(approval_workflow.c.id == workflow_id).with_for_update())
    found = get_workflow(tx, workflow_id)
    name = _checked(tx, workflow_id, name, tiers)
    tx.run(
        sa.update(approval_workflow)
        .where(approval_workflow.c.id == workflow_id)
        .values(
            name=name,
            name_key=name_key(name),
            self_approval=self_approval,
            modified_by=actor.id,
            modified_at=tx.now,
        )
    )
    if found.self_approval != self_approval or _tiers_now(tx, workflow_id) != [_plain(tier) for tier in tiers]:
        t, a = approval_tier.c, approval_tier_approver.c
        tx.run(
            sa.delete(approval_tier_approver).where(
                a.tier_id.in_(sa.select(t.id).where(t.workflow_id == workflow_id))
            )
        )
        tx.run(sa.delete(approval_tier).where(t.workflow_id == workflow_id))
        for number, tier in enumerate(tiers, 1):
            _add_tier(tx, workflow_id, number, tier)
        jobs.hasten(tx, JOB, _waiting(workflow_id))
    _record(tx, actor, "changed", workflow_id, name)
    return get_workflow(tx, workflow_id)


def delete_workflow(tx: Tx, actor: Actor, workflow_id: UUID) -> None:
    """Take it out of use. Raises NotFound, and Conflict while a connection profile or a request depends on it."""
    found = get_workflow(tx, workflow_id)
    p = connection_profile.c
    users = sa.select(p.name).where(p.approval_workflow_id == workflow_id, ~p.is_deleted).order_by(p.name)
    if profiles := tx.scalars(users.limit(_NAMED)):
        named = ", ".join(f"“{name}”" for name in profiles)
        raise Conflict(f"this approval workflow is used by the connection profiles {named}")
    if tx.scalar(_waiting(workflow_id).limit(1)):
        raise Conflict("a request waits for this approval workflow")
    # Its name is free again; what was said under it is kept.
    tx.run(
        sa.update(approval_workflow)
        .where(approval_workflow.c.id == workflow_id)
        .values(deleted_at=tx.now, modified_at=tx.now, modified_by=actor.id, name_key=f"~{workflow_id}")
    )
    _record(tx, actor, "deleted", workflow_id, found.name)


def _waiting(workflow_id: UUID) -> sa.Select[tuple[UUID]]:
    s = access_session.c
    return sa.select(s.id).where(s.workflow_id == workflow_id, s.status == Status.APPROVAL_REQUIRED)


def _plain(tier: NewTier) -> NewTier:
    """Approvers in one order and once each, as they are kept."""
    return replace(tier, approvers=tuple(sorted(set(tier.approvers))))


def _tiers_now(tx: ReadTx, workflow_id: UUID) -> list[NewTier]:
    a = approval_tier_approver.c
    return [
        NewTier(
            tuple(sorted(tx.scalars(sa.select(a.approver_id).where(a.tier_id == tier.id)))),
            tier.required,
            tier.escalation_minutes,
            tier.escalation_id,
            tier.progression,
        )
        for tier in tiers_of(tx, workflow_id)
    ]


def _record(tx: Tx, actor: Actor, verb: str, workflow_id: UUID, name: str) -> None:
    audit.record(
        tx,
        actor,
        f"approval_workflow.{verb}",
        object_kind="approval_workflow",
        object_id=workflow_id,
        detail={"name": name},
    )


def _checked(tx: ReadTx, workflow_id: UUID, name: str, tiers: list[NewTier]) -> str:
    """The name as it is kept, once all is seen to be right."""
    name = name.strip()
    if not name:
        raise Invalid("a name is needed", field="name")
    if not 1 <= len(tiers) <= LAST_TIER:
        raise Invalid(f"a workflow has 1 to {LAST_TIER} tiers", field="approvalWorkflowTiers")
    for tier in tiers:
        _check(tx, tier)
    c = approval_workflow.c
    if tx.scalar(sa.select(c.id).where(c.name_key == name_key(name), c.id != workflow_id)):
        raise Conflict("there is an approval workflow with this name already")
    return name


def _check(tx: ReadTx, tier: NewTier) -> None:
    if not 1 <= len(set(tier.approvers)) <= MOST_APPROVERS:
        raise Invalid(f"a tier has 1 to {MOST_APPROVERS} approvers", field="approvalWorkflowTierApprovers")
    if not 1 <= tier.required <= MOST_APPROVERS:
        raise Invalid(
            f"requiredApprovalCount must lie between 1 and {MOST_APPROVERS}", field="requiredApprovalCount"
        )
    if not 1 <= tier.escalation_minutes <= 43200:
        raise Invalid("escalationTimeout must lie between 1 and 43200 minutes", field="escalationTimeout")
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
