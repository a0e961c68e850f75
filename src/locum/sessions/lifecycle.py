"""PURE: the states of an access session, the legal ways between them, and what to do next (SES-02, section B.2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum


class Status(IntEnum):
    """Numbers of the contract's SessionStatus."""

    APPROVAL_REQUIRED = -1
    PENDING = 0
    ACTIVE = 1
    CANCELLING = 2
    COMPLETE = 3
    FAILED = 4
    CANCELLED = 5
    APPROVAL_DENIED = 6
    APPROVAL_FAILED = 7


LIVE = frozenset({Status.APPROVAL_REQUIRED, Status.PENDING, Status.ACTIVE, Status.CANCELLING})
ENDED = frozenset(Status) - LIVE

# Whatever might have touched a target passes through CANCELLING, where the ledger is reverted, before it ends.
NEXT: dict[Status, frozenset[Status]] = {
    Status.APPROVAL_REQUIRED: frozenset(
        {Status.PENDING, Status.CANCELLING, Status.APPROVAL_DENIED, Status.APPROVAL_FAILED}
    ),
    Status.PENDING: frozenset({Status.ACTIVE, Status.CANCELLING}),
    Status.ACTIVE: frozenset({Status.CANCELLING}),
    Status.CANCELLING: frozenset({Status.COMPLETE, Status.FAILED, Status.CANCELLED}),
    **{status: frozenset() for status in ENDED},
}


LOCKABLE = frozenset({Status.APPROVAL_REQUIRED, Status.PENDING, Status.ACTIVE})
"""What may be locked and unlocked. Not what is ending: its connections are closed already."""


def may_become(now: Status, then: Status) -> bool:
    """Whether the step from `now` to `then` is legal."""
    return then in NEXT[now]


def may_extend(status: Status, scheduled_end: dt.datetime, now: dt.datetime) -> bool:
    """Whether a session can be given more time: its access is there, and its time is not over yet."""
    return status is Status.ACTIVE and now < scheduled_end


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that decides what happens next. `open_entries` counts ledger entries that are not reverted, and a lease that
    has not ended. `lost`: why an active session can't go on, whatever its time.

    `start_until`: it must have become Active by then; None means by its end. It may run until `scheduled_end`.
    """

    status: Status
    scheduled_start: dt.datetime
    scheduled_end: dt.datetime
    open_entries: int
    start_until: dt.datetime | None = None
    lost: str | None = None

    @property
    def too_late_to_start(self) -> dt.datetime:
        """When it can't become Active any more."""
        if self.start_until is None:
            return self.scheduled_end
        return min(self.start_until, self.scheduled_end)


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`."""

    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Consult:
    """Look at what the approvers have said: `approval_rules` decides."""


@dataclass(frozen=True, slots=True)
class Provision:
    """Make the access real on the target."""


@dataclass(frozen=True, slots=True)
class End:
    """Begin the end; once everything is reverted the session becomes `outcome`."""

    outcome: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take back what the ledger says."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Everything is taken back: write the outcome."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The session has ended, and nothing of it is left: no more work."""


Move = Wait | Consult | Provision | End | Revoke | Finish | Nothing


def next_move(session: Snapshot, now: dt.datetime) -> Move:
    """What the worker does about a session when it looks at it at `now`. Total: every state has an answer."""
    if session.status in ENDED:
        # A change may have come late (`late_change.py`): the right goes, the outcome stays.
        return Revoke() if session.open_entries else Nothing()
    if session.status is Status.CANCELLING:
        return Revoke() if session.open_entries else Finish()
    if session.status is Status.APPROVAL_REQUIRED:
        return Consult()
    if session.status is Status.ACTIVE:
        if now >= session.scheduled_end:
            return End(Status.COMPLETE, "time is over")
        if session.lost is not None:
            return End(Status.CANCELLED, session.lost)
        return Wait(session.scheduled_end)
    if now >= session.too_late_to_start:
        return End(Status.FAILED, "time ran out before access could be made")
    return Wait(session.scheduled_start) if now < session.scheduled_start else Provision()
