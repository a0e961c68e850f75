"""Decisions, as a table: default deny, and a reason for every no."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locum.activities.access_windows import AccessWindow
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule
from locum.policies.decide import (
    Allowed,
    Approval,
    Denied,
    Facts,
    Locked,
    NeedsApproval,
    Origin,
    PolicyFact,
    ProfileRules,
    decide,
    general_refusal,
    weigh,
)


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
        workflow_id=UUID(int=98),
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


ASKS = ProfileRules("asks", fields=(CustomField(UUID(int=99), 1, "change", None, None, 0, None, True, None),))
NEAR = ProfileRules("near", addresses=(IpRule("10.0.0.0/8", True, 2),))
AT_NOON = ProfileRules("noon", windows=(AccessWindow("Thursday", "11:00", "13:00", "UTC"),))
NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
NIGHT = NOON + dt.timedelta(hours=12)


def test_a_lock_refuses_whoever_would_get_in_and_nobody_else_learns_of_it() -> None:
    here, everywhere = Locked("activity", "call us"), Locked("resource")
    assert decide(facts(policy(), lock=here)) == Denied(
        "this activity is locked here by an administrator: call us", "activity not locked"
    )
    assert decide(facts(policy(), lock=everywhere, approved=True)) == Denied(
        "this resource is locked by an administrator", "resource not locked"
    )
    for known in (facts(), facts(policy(), identity_locked=True), facts(policy(), key_policies=frozenset())):
        assert decide(replace(known, lock=here)) == decide(known)


def test_a_wrong_answer_names_its_field() -> None:
    denied = decide(facts(policy(rules=ASKS), answers=(("Change", "x"),)))
    assert isinstance(denied, Denied)
    assert denied.field == "customFields.change"
    assert decide(facts(policy(rules=ASKS), answers=(("Change", "7"),))) == Allowed(policy(rules=ASKS))


def test_what_is_not_asked_refuses_nobody() -> None:
    assert decide(facts(policy(rules=NEAR))) == Allowed(policy(rules=NEAR))
    assert decide(facts(policy(rules=AT_NOON))) == Allowed(policy(rules=AT_NOON))


def test_what_its_approvers_have_said_yes_to_asks_nobody_again() -> None:
    asking = policy(approval=Approval.WORKFLOW)
    assert decide(facts(asking, approved=True)) == Allowed(asking)
    assert decide(facts(replace(asking, workflow_id=None), approved=True)) == Allowed(
        replace(asking, workflow_id=None)
    )
    for changes in ({"is_disabled": True}, {"approval": Approval.DENY}, {"notes_required": True}):
        assert isinstance(decide(facts(replace(asking, **changes), approved=True)), Denied)  # type: ignore[arg-type]


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
        (facts(policy(approval=Approval.WORKFLOW, workflow_id=None)), "approval workflow"),
        (facts(policy(approval=Approval.DENY)), "approval type Allow"),
        (facts(policy(denial="left the team")), "access not denied by a certification"),
        (facts(policy(denial="left the team", notes_required=True)), "access not denied by a certification"),
        (facts(policy(denial="left the team", is_disabled=True)), "enabled access policy"),
        (facts(policy(denial="left the team"), approved=True), "access not denied by a certification"),
        (facts(policy(notes_required=True)), "notes"),
        (facts(policy(notes_required=True), note="  "), "notes"),
        (facts(policy(ticket_required=True), note="x"), "ticket"),
        (facts(policy(rules=ProfileRules("P", notes_required=True))), "notes"),
        (facts(policy(rules=ProfileRules("P", ticket_required=True))), "ticket"),
        (facts(policy(rules=ASKS)), "custom field"),
        (facts(policy(), answers=(("change", "1"),)), "custom field"),
        (facts(policy(rules=NEAR), origin=Origin("192.0.2.1")), "allowed address"),
        (facts(policy(rules=NEAR), origin=Origin(None)), "allowed address"),
        (facts(policy(rules=AT_NOON), at=NIGHT), "access window"),
        (facts(policy(), wanted_policy_id=UUID(int=2)), "access policy"),
        (facts(policy(), key_policies=frozenset({UUID(int=2)})), "key scope policy"),
        (
            facts(policy(), policy(2), wanted_policy_id=UUID(int=1), key_policies=frozenset({UUID(int=2)})),
            "key scope policy",
        ),
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


def test_a_certification_denies_what_one_policy_gives_and_says_why() -> None:
    denied = policy(1, denial="left the team")
    decision = decide(facts(denied, wanted="this credential"))
    assert isinstance(decision, Denied)
    assert decision.reason == (
        "a certification denies you this credential under the access policy “policy 1”: left the team"
    )
    assert decide(facts(denied, policy(2, priority=5))) == Allowed(policy(2, priority=5))


def test_notes_and_ticket_satisfy() -> None:
    needs = policy(notes_required=True, ticket_required=True)
    assert decide(facts(needs, note="why", ticket="T-1")) == Allowed(needs)


def test_a_workflow_asks_first_and_among_equals_comes_last() -> None:
    asking = policy(1, approval=Approval.WORKFLOW)
    assert decide(facts(asking)) == NeedsApproval(asking)
    assert decide(facts(asking, policy(2))) == Allowed(policy(2))
    assert decide(facts(asking, policy(2, priority=1))) == NeedsApproval(asking)
    assert decide(facts(asking, policy(2), wanted_policy_id=asking.id)) == NeedsApproval(asking)


def test_what_a_workflow_asks_for_comes_before_it_asks_anybody() -> None:
    decision = decide(facts(policy(approval=Approval.WORKFLOW, notes_required=True)))
    assert decision == Denied("the access policy “policy 1” requires notes", "notes")


POLICIES = st.builds(
    policy,
    st.integers(1, 6),
    priority=st.integers(0, 2),
    approval=st.sampled_from(Approval),
    notes_required=st.booleans(),
    ticket_required=st.booleans(),
    is_disabled=st.booleans(),
    denial=st.sampled_from([None, None, None, "left the team"]),
    workflow_id=st.sampled_from([UUID(int=98), None]),
    rules=st.builds(
        ProfileRules,
        st.just("P"),
        st.booleans(),
        st.booleans(),
        st.sampled_from([(), ASKS.fields]),
        st.sampled_from([(), NEAR.addresses]),
        st.sampled_from([(), AT_NOON.windows]),
    ),
)
FACTS = st.builds(
    lambda policies, **changes: facts(*policies, **changes),
    st.lists(POLICIES, max_size=6, unique_by=lambda one: one.id),
    identity_locked=st.sampled_from([False, False, False, True]),
    activity_fits_platform=st.sampled_from([True, True, True, False]),
    wanted_policy_id=st.none() | st.integers(1, 6).map(lambda n: UUID(int=n)),
    note=st.sampled_from(["", " ", "why"]),
    ticket=st.sampled_from(["", "T-1"]),
    key_policies=st.none() | st.frozensets(st.integers(1, 6).map(lambda n: UUID(int=n))),
    answers=st.sampled_from([(), (("change", "7"),), (("change", "x"),)]),
    origin=st.sampled_from([None, Origin(None), Origin("10.1.2.3"), Origin("192.0.2.1")]),
    at=st.sampled_from([None, NOON, NIGHT]),
    approved=st.booleans(),
    lock=st.sampled_from([None, None, None, Locked("resource"), Locked("activity", "call us")]),
)


@settings(max_examples=500)
@given(FACTS)
def test_of_any_facts(known: Facts) -> None:
    """Whoever is let in has a policy that says so, and no other would have been asked before it."""
    decision, weighed = decide(known), weigh(known)
    assert {one.policy for one in weighed} <= set(known.policies)
    passing = [one.policy for one in weighed if one.refusal is None]
    if isinstance(decision, Denied):
        assert decision.reason
        assert decision.missing
        assert passing == [] or general_refusal(known) == decision
        return
    assert general_refusal(known) is None
    chosen = decision.policy
    assert chosen == passing[0]
    assert not known.identity_locked
    assert known.activity_fits_platform
    assert known.wanted_policy_id in (None, chosen.id)
    assert known.key_policies is None or chosen.id in known.key_policies
    assert not chosen.is_disabled
    assert chosen.denial is None
    rules = chosen.rules
    assert known.note.strip() or not (chosen.notes_required or rules.notes_required)
    assert known.ticket.strip() or not (chosen.ticket_required or rules.ticket_required)
    assert known.answers == ((("change", "7"),) if rules.fields else ())
    assert not rules.addresses or known.origin in (None, Origin("10.1.2.3"))
    assert not rules.windows or known.at in (None, NOON)
    assert chosen.approval != Approval.DENY
    asks = chosen.approval == Approval.WORKFLOW and not known.approved
    assert isinstance(decision, NeedsApproval if asks else Allowed)
    assert chosen.workflow_id is not None or not asks
    assert all(chosen.priority <= other.priority for other in passing)


@given(FACTS, st.randoms())
def test_the_order_of_the_facts_says_nothing(known: Facts, dice: Random) -> None:
    mixed = list(known.policies)
    dice.shuffle(mixed)
    assert decide(replace(known, policies=tuple(mixed))) == decide(known)


@given(FACTS, POLICIES)
def test_one_more_policy_takes_nothing_away(known: Facts, more: PolicyFact) -> None:
    """There are no policies that forbid: what denies is a want."""
    another = replace(more, id=UUID(int=99))
    keys = known.key_policies
    wider = replace(known, policies=(*known.policies, another), key_policies=keys and keys | {another.id})
    if not isinstance(decide(known), Denied):
        assert not isinstance(decide(wider), Denied)
