"""PURE: an access session's actions as queues, one for each part of it, and how far each has come (SES-02, A.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from locum.actions.plan import AFTER, BEFORE, DURING
from locum.sessions.lifecycle import ENDED, Status

PARTS = (BEFORE, DURING, AFTER)


class QueueStatus(IntEnum):
    """Numbers of the contract's ActionStatus."""

    PENDING = -1
    QUEUED = 0
    RUNNING = 1
    COMPLETE = 2
    FAILED = 3
    CANCELLED = 4
    COMPLETED_WITH_ERRORS = 5
    COMPLETED_NOT_RUN = 6
    SCHEDULED = 8


@dataclass(frozen=True, slots=True)
class Step:
    """A ledger entry as `step_status` looks at it. `failing`: its last try did not work; `failed`: one of them."""

    part: int
    applied: bool
    reverted: bool
    failing: bool
    failed: bool


def queue_id(session_id: UUID, part: int) -> UUID:
    """The id of a session's queue: its own but for the last two bits, so that nothing has to be kept about it."""
    return UUID(int=session_id.int ^ (part + 1))


def sessions_of(queue: UUID) -> dict[UUID, int]:
    """The sessions that an id may be a queue's of, with the part; no two sessions' ids are that near."""
    return {queue_id(queue, part): part for part in PARTS}  # the same step back


def step_status(step: Step, session: Status, *, made: bool) -> QueueStatus:
    """How far one step has come. `made`: something of the session was on the target once."""
    if step.reverted:
        return _over(step, made=made)
    if session is Status.CANCELLING:
        return QueueStatus.FAILED if step.failing else QueueStatus.RUNNING
    if step.applied:
        return QueueStatus.COMPLETE
    return QueueStatus.FAILED if step.failing else QueueStatus.QUEUED


def _over(step: Step, *, made: bool) -> QueueStatus:
    if step.failing:
        return QueueStatus.FAILED
    if step.applied or (step.part == AFTER and made):
        return QueueStatus.COMPLETE
    return QueueStatus.FAILED if step.failed else QueueStatus.COMPLETED_NOT_RUN


def queue_status(
    part: int, session: Status, steps: Sequence[QueueStatus], *, starts_later: bool, was_active: bool
) -> QueueStatus:
    """How far one part of a session has come, by the steps of that part. Total: every state has an answer."""
    if session is Status.APPROVAL_REQUIRED:
        return QueueStatus.PENDING
    if session is Status.PENDING and starts_later:
        return QueueStatus.SCHEDULED
    if part == AFTER and session not in ENDED:
        return QueueStatus.RUNNING if session is Status.CANCELLING else QueueStatus.QUEUED
    if QueueStatus.FAILED in steps:
        return QueueStatus.COMPLETED_WITH_ERRORS if was_active and session in ENDED else QueueStatus.FAILED
    if session is Status.PENDING:
        done = bool(steps) and set(steps) == {QueueStatus.COMPLETE}
        return QueueStatus.COMPLETE if done else QueueStatus.RUNNING if steps else QueueStatus.QUEUED
    if QueueStatus.RUNNING in steps:
        return QueueStatus.RUNNING
    if QueueStatus.COMPLETE not in steps:
        return QueueStatus.COMPLETED_NOT_RUN
    return QueueStatus.COMPLETE if set(steps) == {QueueStatus.COMPLETE} else QueueStatus.CANCELLED
