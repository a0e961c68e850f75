"""Decisions, as a table: default deny, and a reason for every no."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from uuid import UUID

import pytest

from locum.policies.decide import Allowed, Approval, Denied, Facts, PolicyFact, decide


def policy(number: int = 1, **changes: object) -> PolicyFact:
    fact = PolicyFact(
        id=UUID(int=number),
        name=f"policy {number}",
        priority=0,
        approval=Approval.ALLOW,
        notes_required=False,
        ticket_required=False,
        is_disabled=False,
        profile_id=UUID(int=99),
        record=True,
        max_session_minutes=60,
    )
    return replace(fact, **changes)  # type: ignore[arg-type]


def facts(*policies: PolicyFact, **changes: object) -> Facts:
    known = Facts(
        identity_locked=False,
        activity_fits_platform=True,
        policies=policies,
        wanted_policy_id=None,
        note="",
        ticket="",
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def test_nothing_known_is_denied() -> None:
    assert decide(facts()) == Denied("no access policy gives you this activity on this resource", "access policy")


def test_one_matching_policy_allows() -> None:
    assert decide(facts(policy())) == Allowed(policy())


@pytest.mark.parametrize(
    ("known", "missing"),
    [
        (facts(policy(), identity_locked=True), "account not locked"),
        (facts(policy(), activity_fits_platform=False), "matching platform"),
        (facts(policy(is_disabled=True)), "enabled access policy"),
        (facts(policy(approval=Approval.DENY)), "approval type Allow"),
        (facts(policy(approval=Approval.WORKFLOW)), "approval workflow"),
        (facts(policy(notes_required=True)), "notes"),
        (facts(policy(notes_required=True), note="  "), "notes"),
        (facts(policy(ticket_required=True), note="x"), "ticket"),
        (facts(policy(), wanted_policy_id=UUID(int=2)), "access policy"),
    ],
)
def test_each_rule_denies_with_its_reason(known: Facts, missing: str) -> None:
    decision = decide(known)
    assert isinstance(decision, Denied)
    assert decision.missing == missing
    assert decision.reason


def test_the_lowest_priority_number_wins_whatever_the_order_of_the_facts() -> None:
    policies = [policy(1, priority=2), policy(2, priority=1), policy(3, priority=1)]
    for order in permutations(policies):
        assert decide(facts(*order)) == Allowed(policies[1])


def test_a_policy_that_refuses_does_not_hide_one_that_allows() -> None:
    strict = policy(1, priority=0, ticket_required=True)
    assert decide(facts(strict, policy(2, priority=5))) == Allowed(policy(2, priority=5))
    assert decide(facts(strict, policy(2, priority=5), wanted_policy_id=strict.id)) != Allowed(strict)


def test_notes_and_ticket_satisfy() -> None:
    needs = policy(notes_required=True, ticket_required=True)
    assert decide(facts(needs, note="why", ticket="T-1")) == Allowed(needs)
