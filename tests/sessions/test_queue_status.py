"""How far a session's queues and steps have come, as tables."""

from __future__ import annotations

from itertools import product

import pytest

from locum.actions.plan import AFTER, BEFORE, DURING
from locum.kit.ids import new_id
from locum.sessions.lifecycle import ENDED, Status
from locum.sessions.queue_status import (
    PARTS,
    QueueStatus,
    Step,
    queue_id,
    queue_status,
    sessions_of,
    step_status,
)

Q = QueueStatus


def test_ids_lead_back() -> None:
    session = new_id()
    ids = {queue_id(session, part): part for part in PARTS}
    assert len(ids) == 3
    assert session not in ids
    for queue, part in ids.items():
        assert sessions_of(queue)[session] == part


def step(part: int = BEFORE, **seen: bool) -> Step:
    return Step(part, **{"applied": False, "reverted": False, "failing": False, "failed": False, **seen})


STEPS = [
    (step(), Status.PENDING, Q.QUEUED),
    (step(failing=True, failed=True), Status.PENDING, Q.FAILED),
    (step(applied=True), Status.PENDING, Q.COMPLETE),
    (step(applied=True), Status.ACTIVE, Q.COMPLETE),
    (step(failing=True, failed=True), Status.ACTIVE, Q.FAILED),
    (step(applied=True), Status.CANCELLING, Q.RUNNING),
    (step(applied=True, failing=True, failed=True), Status.CANCELLING, Q.FAILED),
    (step(applied=True, reverted=True, failed=True), Status.CANCELLING, Q.COMPLETE),
    (step(reverted=True), Status.FAILED, Q.COMPLETED_NOT_RUN),
    (step(reverted=True, failed=True), Status.FAILED, Q.FAILED),
    (step(applied=True, reverted=True, failing=True, failed=True), Status.FAILED, Q.FAILED),
    (step(AFTER), Status.ACTIVE, Q.QUEUED),
    (step(AFTER), Status.CANCELLING, Q.RUNNING),
    (step(AFTER, reverted=True), Status.COMPLETE, Q.COMPLETE),
]


@pytest.mark.parametrize(("seen", "session", "wanted"), STEPS)
def test_a_step(seen: Step, session: Status, wanted: QueueStatus) -> None:
    assert step_status(seen, session, made=True) is wanted


def test_what_is_for_the_end_is_not_done_for_a_session_that_was_nothing() -> None:
    assert step_status(step(AFTER, reverted=True), Status.FAILED, made=False) is Q.COMPLETED_NOT_RUN


QUEUES = [
    (BEFORE, Status.APPROVAL_REQUIRED, [], Q.PENDING),
    (BEFORE, Status.PENDING, [], Q.QUEUED),
    (BEFORE, Status.PENDING, [Q.COMPLETE, Q.QUEUED], Q.RUNNING),
    (BEFORE, Status.PENDING, [Q.COMPLETE, Q.FAILED], Q.FAILED),
    (BEFORE, Status.PENDING, [Q.COMPLETE], Q.COMPLETE),
    (DURING, Status.ACTIVE, [], Q.COMPLETED_NOT_RUN),
    (BEFORE, Status.ACTIVE, [Q.COMPLETE], Q.COMPLETE),
    (BEFORE, Status.ACTIVE, [Q.COMPLETE, Q.FAILED], Q.FAILED),
    (BEFORE, Status.CANCELLING, [Q.COMPLETE, Q.RUNNING], Q.RUNNING),
    (BEFORE, Status.CANCELLING, [Q.FAILED, Q.RUNNING], Q.FAILED),
    (BEFORE, Status.COMPLETE, [Q.COMPLETE, Q.FAILED], Q.COMPLETED_WITH_ERRORS),
    (BEFORE, Status.CANCELLED, [Q.COMPLETE, Q.COMPLETED_NOT_RUN], Q.CANCELLED),
    (BEFORE, Status.CANCELLED, [Q.COMPLETED_NOT_RUN], Q.COMPLETED_NOT_RUN),
    (AFTER, Status.PENDING, [Q.QUEUED], Q.QUEUED),
    (AFTER, Status.ACTIVE, [Q.QUEUED], Q.QUEUED),
    (AFTER, Status.CANCELLING, [], Q.RUNNING),
    (AFTER, Status.COMPLETE, [Q.COMPLETE], Q.COMPLETE),
    (AFTER, Status.FAILED, [], Q.COMPLETED_NOT_RUN),
]


@pytest.mark.parametrize(("part", "session", "steps", "wanted"), QUEUES)
def test_a_queue(part: int, session: Status, steps: list[QueueStatus], wanted: QueueStatus) -> None:
    assert queue_status(part, session, steps, starts_later=False, was_active=True) is wanted


def test_what_starts_later_is_scheduled_and_what_never_was_active_has_failed() -> None:
    assert queue_status(AFTER, Status.PENDING, [], starts_later=True, was_active=False) is Q.SCHEDULED
    assert queue_status(BEFORE, Status.FAILED, [Q.FAILED], starts_later=False, was_active=False) is Q.FAILED


def test_every_state_has_an_answer_and_nothing_runs_in_what_is_over() -> None:
    several = [[], *([one] for one in Q), *([one, other] for one, other in product(Q, Q))]
    for part, session, steps, active in product(PARTS, Status, several, (True, False)):
        if session in ENDED and Q.RUNNING in steps:
            continue  # a step of what is over is over
        found = queue_status(part, session, steps, starts_later=False, was_active=active)
        assert session not in ENDED or found not in (Q.RUNNING, Q.QUEUED, Q.SCHEDULED, Q.PENDING)
