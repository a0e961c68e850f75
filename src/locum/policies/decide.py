"""PURE: whether a person may do an activity on a resource, or know a credential's secret, now, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from locum.activities import access_windows, ip_rules
from locum.activities.access_windows import AccessWindow
from locum.activities.custom_fields import CustomField, checked_values
from locum.activities.ip_rules import IpRule
from locum.kit.errors import Invalid

WANTED_RESOURCE = "this activity on this resource"
WANTED_CREDENTIAL = "this credential"


class Approval(IntEnum):
    """Numbers of the contract's ApprovalType."""

    DENY = 0
    ALLOW = 1
    WORKFLOW = 2


@dataclass(frozen=True, slots=True)
class ProfileRules:
    """What a connection profile asks besides: answers, from where and when, each in its order (CP-02, CP-04)."""

    name: str = ""
    notes_required: bool = False
    ticket_required: bool = False
    fields: tuple[CustomField, ...] = ()
    addresses: tuple[IpRule, ...] = ()
    windows: tuple[AccessWindow, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyFact:
    """One policy that holds the person and all that is asked for, with what its profile allows and asks.

    `workflow_id` is the profile's approval workflow, if there is one by that id. `denial`: why a reviewer denied the
    person just this access under this policy; None: nobody did (CERT-01).
    """

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
    rules: ProfileRules = ProfileRules()
    denial: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody comes from; None: that is not known."""

    address: str | None


@dataclass(frozen=True, slots=True)
class Locked:
    """What an administrator has locked for everybody, "resource" or "activity", and what people are told (SES-09)."""

    what: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All a decision looks at. `policies` holds every undeleted policy that joins the person and all that is asked for.

    `key_policies`: the only ones that the API key behind the request is for; None = it is not bounded so. `answers`:
    to custom fields, as (name, value). `origin` and `at` (the start): None = from where and when are not asked.
    `approved`: the approvers have said yes to this request already. `wanted`: the words for what is asked for.
    `lock`: the one that lies on it.
    """

    identity_locked: bool
    activity_fits_platform: bool
    policies: tuple[PolicyFact, ...]
    wanted_policy_id: UUID | None
    note: str
    ticket: str
    key_policies: frozenset[UUID] | None = None
    answers: tuple[tuple[str, str], ...] = ()
    origin: Origin | None = None
    at: dt.datetime | None = None
    approved: bool = False
    wanted: str = WANTED_RESOURCE
    lock: Locked | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The access is granted under `policy`."""

    policy: PolicyFact


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """The access is granted under `policy` once its approvers say so (A.14)."""

    policy: PolicyFact


@dataclass(frozen=True, slots=True)
class Denied:
    """The access is refused. `reason` is for the person who asked; `missing` names the rule that was lacking.

    `field`: the one of the request, in the contract's words, that holds a wrong answer.
    """

    reason: str
    missing: str
    field: str | None = None


Decision = Allowed | NeedsApproval | Denied


@dataclass(frozen=True, slots=True)
class Weighed:
    """A policy that was looked at, and what it says: `refusal` is None where it lets the request pass."""

    policy: PolicyFact
    refusal: Denied | None


def decide(facts: Facts) -> Decision:
    """Default deny: the first policy in the order of `weigh` that lets the request pass.

    Where none does, the reason is that of the policy that came nearest in that order.
    """
    refusal = general_refusal(facts)
    if refusal is not None:
        return refusal
    weighed = weigh(facts)
    for one in weighed:
        if one.refusal is None:
            asks = _asks(one.policy) and not facts.approved
            return NeedsApproval(one.policy) if asks else Allowed(one.policy)
    nearest = weighed[0].refusal
    assert nearest is not None
    return nearest


def general_refusal(facts: Facts) -> Denied | None:
    """What refuses the request whatever a single policy says, or None: then `weigh` answers at least one policy."""
    if facts.identity_locked:
        return Denied("your account is locked", "account not locked")
    if not facts.activity_fits_platform:
        return Denied("this activity is for another platform than the resource's", "matching platform")
    wanted = [p for p in facts.policies if facts.wanted_policy_id in (None, p.id)]
    if not wanted:
        return none_gives(facts.wanted)
    if facts.key_policies is not None and not facts.key_policies.intersection(p.id for p in wanted):
        return Denied("this API key is not for the access policy that would give you this", "key scope policy")
    return None if facts.lock is None else _locked(facts.lock)


def _locked(lock: Locked) -> Denied:
    """Said last of all, so that nobody who has no policy learns of a lock."""
    told = f": {lock.message}" if lock.message else ""
    where = " here" if lock.what == "activity" else ""
    return Denied(f"this {lock.what} is locked{where} by an administrator{told}", f"{lock.what} not locked")


def none_gives(wanted: str) -> Denied:
    """No access policy gives what is asked for, in those words; nor, as far as anybody is told, is it there."""
    return Denied(f"no access policy gives you {wanted}", "access policy")


def weigh(facts: Facts) -> list[Weighed]:
    """Each policy that may be used, with what it says, in the order in which they are asked.

    That is by priority, the lower number first; among equals those that need no approval, then by name.
    """
    candidates = [
        p
        for p in facts.policies
        if facts.wanted_policy_id in (None, p.id) and (facts.key_policies is None or p.id in facts.key_policies)
    ]
    candidates.sort(key=lambda p: (p.priority, _asks(p), p.name, p.id))
    return [Weighed(policy, _refusal(policy, facts)) for policy in candidates]


def _asks(policy: PolicyFact) -> bool:
    return policy.approval == Approval.WORKFLOW


def _refusal(policy: PolicyFact, facts: Facts) -> Denied | None:
    """The first rule of the policy, then of its profile, that the request does not meet."""
    return next((refusal for rule in _RULES if (refusal := rule(policy, facts)) is not None), None)


def _standing(policy: PolicyFact, facts: Facts) -> Denied | None:
    if policy.is_disabled:
        return Denied(f"the access policy “{policy.name}” is disabled", "enabled access policy")
    if policy.approval == Approval.DENY:
        return Denied(f"the access policy “{policy.name}” denies access", "approval type Allow")
    if _asks(policy) and policy.workflow_id is None and not facts.approved:
        return Denied(
            f"the access policy “{policy.name}” needs an approval, and its connection profile names no workflow"
            " that there is",
            "approval workflow",
        )
    return None


def _certified(policy: PolicyFact, facts: Facts) -> Denied | None:
    if policy.denial is None:
        return None
    return Denied(
        f"a certification denies you {facts.wanted} under the access policy “{policy.name}”: {policy.denial}",
        "access not denied by a certification",
    )


def _reasons(policy: PolicyFact, facts: Facts) -> Denied | None:
    """Notes and ticket, of the policy and of its profile (CP-03)."""
    rules = policy.rules
    for by, notes, ticket in (
        (f"access policy “{policy.name}”", policy.notes_required, policy.ticket_required),
        (f"connection profile “{rules.name}”", rules.notes_required, rules.ticket_required),
    ):
        if notes and not facts.note.strip():
            return Denied(f"the {by} requires notes", "notes")
        if ticket and not facts.ticket.strip():
            return Denied(f"the {by} requires a ticket", "ticket")
    return None


def _answers(policy: PolicyFact, facts: Facts) -> Denied | None:
    try:
        checked_values(policy.rules.fields, facts.answers)
    except Invalid as wrong:
        return Denied(wrong.detail, "custom field", field=wrong.field)
    return None


def _address(policy: PolicyFact, facts: Facts) -> Denied | None:
    if facts.origin is None:
        return None
    reason = ip_rules.refusal(policy.rules.addresses, facts.origin.address)
    return None if reason is None else Denied(reason, "allowed address")


def _time(policy: PolicyFact, facts: Facts) -> Denied | None:
    if facts.at is None:
        return None
    reason = access_windows.refusal(policy.rules.windows, facts.at)
    return None if reason is None else Denied(reason, "access window")


_RULES: tuple[Callable[[PolicyFact, Facts], Denied | None], ...] = (
    _standing,
    _certified,
    _reasons,
    _answers,
    _address,
    _time,
)
