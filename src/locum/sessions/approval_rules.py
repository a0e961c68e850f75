"""PURE: when a request is approved, denied, given to the next tier, escalated or given up (A.14, APR-01, APR-02)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum

LAST_TIER = 3


class State(IntEnum):
    """Numbers of the contract's ApprovalWorkflowApprovalState."""

    PENDING = 0
    APPROVED = 1
    DENIED = 2


class Voice(IntEnum):
    """As whom somebody is asked. Numbers of the contract's ApprovalWorkflowApproverType."""

    NORMAL = 0
    ESCALATED = 1
    REQUESTER = 2


class Progression(IntEnum):
    """When a tier is asked: after the one before it, or together with it. Numbers of the contract's
    ApprovalWorkflowTierProgressionType; for the first tier both are the same."""

    SEQUENTIAL = 0
    CONCURRENT = 1


@dataclass(frozen=True, slots=True)
class TierRule:
    """`escalate_after` is None where nobody is to be asked then."""

    number: int
    required: int
    escalate_after: dt.timedelta | None
    progression: Progression = Progression.SEQUENTIAL


@dataclass(frozen=True, slots=True)
class Vote:
    """One approver's word in the tier of that number. It does not count while its approver is locked or deleted."""

    tier: int
    state: State
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits: from which tier on, since when, and until when an answer is any use.

    `escalated` are the tiers whose escalation approver has been asked.
    """

    tiers: tuple[TierRule, ...]
    current: int
    since: dt.datetime
    escalated: frozenset[int]
    until: dt.datetime
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class Granted:
    """Every tier has said yes."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody said no, which is enough."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Nobody answered in time, or the workflow has no such tier any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class NextTier:
    """All that were asked together have said yes: ask the tier of that number, and those that go with it."""

    number: int


@dataclass(frozen=True, slots=True)
class Escalate:
    """Ask the escalation approver of the tier of that number too."""

    number: int


@dataclass(frozen=True, slots=True)
class StillAsked:
    """Nothing to do before `look_at`."""

    look_at: dt.datetime


Step = Granted | Refused | GivenUp | NextTier | Escalate | StillAsked


def asked_together(tiers: tuple[TierRule, ...], first: int) -> tuple[TierRule, ...]:
    """The tier of that number and the concurrent ones right behind it; none where there is no such tier."""
    behind = sorted((t for t in tiers if t.number >= first), key=lambda t: t.number)
    if not behind or behind[0].number != first:
        return ()
    last = next((n for n, t in enumerate(behind) if n and t.progression is Progression.SEQUENTIAL), len(behind))
    return tuple(behind[:last])


def next_step(asked: Asked, now: dt.datetime) -> Step:
    """What becomes of a request at `now`. Total.

    A no counts whoever said it; only a yes needs an approver who still is one. A full quorum counts although the time
    is over by now: it was there before, or nobody could have said yes any more.
    """
    together = asked_together(asked.tiers, asked.current)
    if not together:
        return GivenUp("the approval workflow has no such tier any more")
    numbers = {tier.number for tier in together}
    votes = [vote for vote in asked.votes if vote.tier in numbers]
    if any(vote.state is State.DENIED for vote in votes):
        return Refused()
    waiting = [tier for tier in together if not _has_quorum(tier, votes)]
    if not waiting:
        later = sorted(t.number for t in asked.tiers if t.number > max(numbers))
        return NextTier(later[0]) if later else Granted()
    if now >= asked.until:
        return GivenUp("nobody approved it in time")
    escalations = [
        (asked.since + tier.escalate_after, tier.number)
        for tier in waiting
        if tier.escalate_after is not None and tier.number not in asked.escalated
    ]
    if not escalations:
        return StillAsked(asked.until)
    at, number = min(escalations)
    return Escalate(number) if now >= at else StillAsked(min(asked.until, at))


def _has_quorum(tier: TierRule, votes: list[Vote]) -> bool:
    yes = sum(vote.tier == tier.number and vote.state is State.APPROVED and vote.counts for vote in votes)
    return yes >= tier.required


def window(
    start: dt.datetime,
    length: dt.timedelta,
    asked_end: dt.datetime | None,
    now: dt.datetime,
) -> tuple[dt.datetime, dt.datetime]:
    """When an approved session starts and ends: its length from now or its start, not beyond what was asked."""
    begin = max(start, now)
    end = begin + length
    return begin, end if asked_end is None else min(end, asked_end)
