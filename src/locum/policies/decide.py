"""PURE: whether a person may do an activity on a resource now, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID


class Approval(IntEnum):
    """Numbers of the contract's ApprovalType."""

    DENY = 0
    ALLOW = 1
    WORKFLOW = 2


@dataclass(frozen=True, slots=True)
class PolicyFact:
    """One policy that holds the person, the activity and the resource, with what its profile allows."""

    id: UUID
    name: str
    priority: int
    approval: int
    notes_required: bool
    ticket_required: bool
    is_disabled: bool
    profile_id: UUID
    record: bool
    max_session_minutes: int
    workflow_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All a decision looks at. `policies` holds every undeleted policy that joins person, activity and resource.

    `key_policies`: the only ones that the API key behind the request is for; None = it is not bounded so.
    """

    identity_locked: bool
    activity_fits_platform: bool
    policies: tuple[PolicyFact, ...]
    wanted_policy_id: UUID | None
    note: str
    ticket: str
    key_policies: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The access is granted under `policy`."""

    policy: PolicyFact


@dataclass(frozen=True, slots=True)
class Denied:
    """The access is refused. `reason` is for the person who asked; `missing` names the rule that was lacking."""

    reason: str
    missing: str


def decide(facts: Facts) -> Allowed | Denied:
    """Default deny: the first policy by priority (lower number first), then name, that lets the request pass.

    Where none does, the reason is that of the policy that came nearest in that order.
    """
    if facts.identity_locked:
        return Denied("your account is locked", "account not locked")
    if not facts.activity_fits_platform:
        return Denied("this activity is for another platform than the resource's", "matching platform")
    candidates = sorted(facts.policies, key=lambda p: (p.priority, p.name, p.id))
    if facts.wanted_policy_id is not None:
        candidates = [p for p in candidates if p.id == facts.wanted_policy_id]
    if not candidates:
        return Denied("no access policy gives you this activity on this resource", "access policy")
    if facts.key_policies is not None:
        candidates = [p for p in candidates if p.id in facts.key_policies]
        if not candidates:
            return Denied("this API key is not for the access policy that would give you this", "key scope policy")
    refusals = []
    for policy in candidates:
        refusal = _refusal(policy, facts)
        if refusal is None:
            return Allowed(policy)
        refusals.append(refusal)
    return refusals[0]


def _refusal(policy: PolicyFact, facts: Facts) -> Denied | None:
    if policy.is_disabled:
        return Denied(f"the access policy “{policy.name}” is disabled", "enabled access policy")
    if policy.approval == Approval.DENY:
        return Denied(f"the access policy “{policy.name}” denies access", "approval type Allow")
    if policy.approval == Approval.WORKFLOW and policy.workflow_id is None:
        return Denied(
            f"the access policy “{policy.name}” needs an approval, and its connection profile names no workflow",
            "approval workflow",
        )
    if policy.notes_required and not facts.note.strip():
        return Denied(f"the access policy “{policy.name}” requires notes", "notes")
    if policy.ticket_required and not facts.ticket.strip():
        return Denied(f"the access policy “{policy.name}” requires a ticket", "ticket")
    return None
