"""Quorums, tiers, escalation and time-out, over every state of two tiers and what their approvers said."""

from __future__ import annotations

import datetime as dt
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from locum.sessions.approval_rules import (
    Asked,
    Escalate,
    GivenUp,
    Granted,
    NextTier,
    Progression,
    Refused,
    State,
    Step,
    StillAsked,
    TierRule,
    Voice,
    Vote,
    asked_together,
    next_step,
    window,
)

T0 = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
UNTIL = T0 + 60 * MINUTE
ESCALATION = T0 + 10 * MINUTE


def after(
    votes: tuple[Vote, ...],
    *,
    now: dt.datetime = T0,
    current: int = 1,
    required: int = 1,
    escalated: bool = False,
    progression: Progression = Progression.SEQUENTIAL,
    nobody_to_escalate_to: bool = False,
) -> Step:
    wait = None if nobody_to_escalate_to else 10 * MINUTE
    tiers = (TierRule(1, required, wait), TierRule(2, required, wait, progression))
    return next_step(Asked(tiers, current, T0, frozenset({1, 2} if escalated else ()), UNTIL, votes), now)


def test_numbers_are_the_contracts() -> None:
    assert [s.value for s in State] == [0, 1, 2]
    assert [(v.name, int(v)) for v in Voice] == [("NORMAL", 0), ("ESCALATED", 1), ("REQUESTER", 2)]


def test_every_state_of_three_approvers() -> None:
    """Every word of three approvers, counting or not, for every quorum, tier and time."""
    one = [Vote(1, state, counts) for state, counts in product(State, (True, False))]
    times = (T0, ESCALATION, UNTIL)
    for votes in product(one, repeat=3):
        yes = sum(v.state is State.APPROVED and v.counts for v in votes)
        no = any(v.state is State.DENIED for v in votes)
        for required, now, escalated in product((1, 2, 3), times, (False, True)):
            step = after(votes, now=now, required=required, escalated=escalated)
            if no:
                assert step == Refused()
            elif yes >= required:
                assert step == NextTier(2)
            elif now == UNTIL:
                assert step == GivenUp("nobody approved it in time")
            elif escalated:
                assert step == StillAsked(UNTIL)
            else:
                assert step == (Escalate(1) if now >= ESCALATION else StillAsked(ESCALATION))


def test_only_the_current_tier_counts_and_the_last_one_grants() -> None:
    yes, no = Vote(1, State.APPROVED), Vote(1, State.DENIED)
    assert after((yes, yes), current=2) == StillAsked(ESCALATION)
    assert after((no,), current=2) == StillAsked(ESCALATION)
    assert after((yes, Vote(2, State.APPROVED)), current=2) == Granted()
    assert after((Vote(2, State.APPROVED),)) == StillAsked(ESCALATION)


def test_every_state_of_two_concurrent_tiers() -> None:
    """Two approvers in each of two tiers asked together: granted when both have their quorum, refused at any no."""
    words = [Vote(tier, state) for tier, state in product((1, 2), State)]
    for votes in product(words, repeat=4):
        yes = [sum(v.state is State.APPROVED and v.tier == tier for v in votes) for tier in (1, 2)]
        no = any(v.state is State.DENIED for v in votes)
        for required, now, escalated in product((1, 2), (T0, ESCALATION, UNTIL), (False, True)):
            step = after(
                votes, now=now, required=required, escalated=escalated, progression=Progression.CONCURRENT
            )
            if no:
                assert step == Refused()
            elif min(yes) >= required:
                assert step == Granted()
            elif now == UNTIL:
                assert step == GivenUp("nobody approved it in time")
            elif escalated:
                assert step == StillAsked(UNTIL)
            elif now == T0:
                assert step == StillAsked(ESCALATION)
            else:
                assert step == Escalate(1 if yes[0] < required else 2)


def test_which_tiers_are_asked_together() -> None:
    for kinds in product(Progression, repeat=3):
        tiers = tuple(TierRule(n, 1, None, kind) for n, kind in enumerate(kinds, 1))
        groups, number = [], 1
        while together := asked_together(tiers, number):
            groups.append([t.number for t in together])
            number = groups[-1][-1] + 1
        assert [n for group in groups for n in group] == [1, 2, 3]
        assert all(kinds[group[0] - 1] is Progression.SEQUENTIAL for group in groups[1:])
        assert all(kinds[n - 1] is Progression.CONCURRENT for group in groups for n in group[1:])


def test_an_escalation_of_one_tier_leaves_the_other() -> None:
    tiers = (TierRule(1, 1, 20 * MINUTE), TierRule(2, 1, 5 * MINUTE, Progression.CONCURRENT))

    def at(minute: int, *escalated: int) -> Step:
        return next_step(Asked(tiers, 1, T0, frozenset(escalated), UNTIL, ()), T0 + minute * MINUTE)

    assert at(0) == StillAsked(T0 + 5 * MINUTE)
    assert at(5) == Escalate(2)
    assert at(5, 2) == StillAsked(T0 + 20 * MINUTE)
    assert at(20, 2) == Escalate(1)
    assert at(20, 1, 2) == StillAsked(UNTIL)


def test_without_anybody_to_escalate_to_it_waits_to_the_end() -> None:
    assert after((), now=ESCALATION, nobody_to_escalate_to=True) == StillAsked(UNTIL)


def test_a_tier_that_is_gone_is_given_up() -> None:
    assert isinstance(after((), current=3), GivenUp)


VOTES = st.lists(st.builds(Vote, st.integers(1, 3), st.sampled_from(State), st.booleans()), max_size=8)


@given(VOTES, st.integers(1, 3), st.integers(1, 3), st.integers(-10, 90), st.booleans())
def test_it_waits_only_for_what_is_to_come(
    votes: list[Vote], current: int, required: int, minute: int, escalated: bool
) -> None:
    now = T0 + minute * MINUTE
    step = after(tuple(votes), now=now, current=current, required=required, escalated=escalated)
    if isinstance(step, StillAsked):
        assert now < step.look_at <= UNTIL
    if isinstance(step, Escalate):
        assert not escalated
    if isinstance(step, (Granted, NextTier)):
        approved = [v for v in votes if v.tier == current and v.state is State.APPROVED and v.counts]
        assert len(approved) >= required


@given(st.integers(-60, 600), st.integers(1, 600), st.none() | st.integers(1, 900))
def test_an_approved_session_has_its_length_but_not_beyond_what_was_asked(
    start: int, length: int, asked: int | None
) -> None:
    asked_end = None if asked is None else T0 + asked * MINUTE
    begin, end = window(T0 + start * MINUTE, length * MINUTE, asked_end, T0)
    assert begin == max(T0, T0 + start * MINUTE)
    assert end - begin <= length * MINUTE
    if asked_end is None:
        assert end - begin == length * MINUTE
    else:
        assert end <= asked_end
