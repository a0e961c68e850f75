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


@dataclass(frozen=True, slots=True)
class TierRule:
    """`escalate_after` is None where nobody is to be asked then."""

    number: int
    required: int
    escalate_after: dt.timedelta | None


@dataclass(frozen=True, slots=True)
class Vote:
    """One approver's word in the tier of that number. It does not count while its approver is locked or deleted."""

    tier: int
    state: State
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits: in which tier, since when, and until when an answer is any use."""

    tiers: tuple[TierRule, ...]
    current: int
    since: dt.datetime
    escalated: bool
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
    """This tier has said yes: ask the one of that number."""

    number: int


@dataclass(frozen=True, slots=True)
class Escalate:
    """Ask the tier's escalation approver too."""


@dataclass(frozen=True, slots=True)
class StillAsked:
    """Nothing to do before `look_at`."""

    look_at: dt.datetime


Step = Granted | Refused | GivenUp | NextTier | Escalate | StillAsked


def next_step(asked: Asked, now: dt.datetime) -> Step:
    """What becomes of a request at `now`. Total.

    A no counts whoever said it; only a yes needs an approver who still is one. A full quorum counts although the time
    is over by now: it was there before, or nobody could have said yes any more.
    """
    tier = next((t for t in asked.tiers if t.number == asked.current), None)
    if tier is None:
        return GivenUp("the approval workflow has no such tier any more")
    votes = [vote for vote in asked.votes if vote.tier == asked.current]
    if any(vote.state is State.DENIED for vote in votes):
        return Refused()
    if sum(vote.state is State.APPROVED and vote.counts for vote in votes) >= tier.required:
        later = sorted(t.number for t in asked.tiers if t.number > asked.current)
        return NextTier(later[0]) if later else Granted()
    if now >= asked.until:
        return GivenUp("nobody approved it in time")
    if tier.escalate_after is None or asked.escalated:
        return StillAsked(asked.until)
    escalation = asked.since + tier.escalate_after
    return Escalate() if now >= escalation else StillAsked(min(asked.until, escalation))


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
