"""How the contract shows what is done for an access session: its queues, the steps in them, and its job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from locum.actions.catalog import TEMPLATES
from locum.activities.model import Phase
from locum.api.action_group import group_id
from locum.api.wire.action import Action, ActionClassification
from locum.api.wire.action_queue import (
    ActionFailureReason,
    ActionJob,
    ActionJobType,
    ActionQueue,
    ActionQueueAction,
    ActionQueueSearchResult,
)
from locum.api.wire.base import NEVER, Time, at
from locum.api.wire.enums import ActionStatus, SessionStatus
from locum.kit.jobs import LEASE
from locum.reads.action_queues import Queue, StepRow, WorkRow
from locum.sessions.lifecycle import ENDED, Status
from locum.sessions.model import EntryState
from locum.sessions.queue_status import QueueStatus, Step, queue_id, queue_status, step_status

_SHOWN = {
    "account": "Make the account of the session",
    "managed_account": "Switch the account on",
    "own_account": "Use the person's own account",
    "authorized_key": "Let the session's key in",
    **{template.kind: template.shown for template in TEMPLATES},
}
_PARTS = {Phase.BEFORE: "before", Phase.DURING: "in", Phase.AFTER: "after"}


def queue(row: Queue, now: dt.datetime) -> ActionQueue:
    """A queue with its steps, never with what they were told: a secret may stand there."""
    session = row.session
    return ActionQueue(
        id=queue_id(session.id, row.part),
        action_job_id=session.id,
        run_user_id=session.identity_id,
        time_created=at(session.created_at),
        time_started=_began(row),
        time_finished=_ended(row),
        heart_beat_date_time_utc=_heart_beat(row.work),
        status=ActionStatus(_status(row, now)),
        status_description=_words(row),
        failure_reason=ActionFailureReason(max((step.failure_reason for step in row.steps), default=0)),
        action_group_id=group_id(session.activity_id, Phase(row.part)),
        action_queue_action=[_step(row, step) for step in row.steps],
        created_date_time_utc=at(session.created_at),
        modified_date_time_utc=_latest(time for step in row.steps for time in _times(step)),
    )


def result(row: Queue, now: dt.datetime) -> ActionQueueSearchResult:
    """A row of the list of queues."""
    session = row.session
    return ActionQueueSearchResult(
        id=queue_id(session.id, row.part),
        action_group_id=group_id(session.activity_id, Phase(row.part)),
        heart_beat_date_time_utc=_heart_beat(row.work),
        start_time_utc=_began(row),
        end_time_utc=_ended(row),
        status=ActionStatus(_status(row, now)),
        status_description=_words(row),
        action_job_id=session.id,
        job_name=_name(row),
        next_start_date_time_utc=at(row.work.due_at) if row.work else None,
        job_type_string=ActionJobType.ACTIVITY_SESSION.name.title().replace("_", ""),
        activity_session_id=session.id,
        activity_name=session.activity_name,
        activity_session_status=SessionStatus(session.status),
        dns_host_name=session.resource_name,
        user_id=session.identity_id,
        sam_accountname=session.login_name,
        managed_resource_id=session.resource_id,
        managed_resource_name=session.resource_name,
        manage_account_id=session.identity_id,
        managed_account_name=session.identity_name,
        action_group_name=f"{session.activity_name}: {_PARTS[Phase(row.part)]} the session",
        classification=ActionClassification(row.part),
    )


def job(queues: list[Queue], now: dt.datetime) -> ActionJob:
    """The job of a session with all its queues: the queue that it is at is shown with it."""
    row = next((one for one in queues if _status(one, now) in _UNDER_WAY), queues[-1])
    session, work = row.session, row.work
    return ActionJob(
        id=session.id,
        start_date_time_utc=at(session.scheduled_start),
        next_start_time_utc=at(work.due_at) if work else NEVER,
        action_group_id=group_id(session.activity_id, Phase(row.part)),
        action_queue_id=queue_id(session.id, row.part),
        action_queue=queue(row, now),
        user_id=session.identity_id,
        managed_resource_id=session.resource_id,
        name=_name(row),
        platform_id=session.platform_id,
        created_date_time_utc=at(session.created_at),
        attempts=work.attempts if work else 0,
        last_error=work.last_error if work else None,
        running=work is not None and work.lease_until is not None and work.lease_until > now,
    )


_UNDER_WAY = frozenset(QueueStatus) - {
    QueueStatus.COMPLETE,
    QueueStatus.CANCELLED,
    QueueStatus.COMPLETED_WITH_ERRORS,
    QueueStatus.COMPLETED_NOT_RUN,
}


def _name(row: Queue) -> str:
    session = row.session
    return f"{session.activity_name} on {session.resource_name or session.credential_name} for {session.identity_name}"


def _status(row: Queue, now: dt.datetime) -> QueueStatus:
    session = row.session
    return queue_status(
        row.part,
        Status(session.status),
        [_step_status(row, step) for step in row.steps],
        starts_later=session.scheduled_start > now,
        was_active=session.actual_start is not None,
    )


def _step_status(row: Queue, step: StepRow) -> QueueStatus:
    seen = Step(
        part=step.phase,
        applied=step.applied_at is not None,
        reverted=step.state == EntryState.REVERTED,
        failing=step.last_error is not None,
        failed=step.failures > 0,
    )
    return step_status(seen, Status(row.session.status), made=row.made)


def _step(row: Queue, step: StepRow) -> ActionQueueAction:
    return ActionQueueAction(
        id=step.id,
        action_queue_id=queue_id(step.session_id, step.phase),
        action=Action(
            display_name=_SHOWN.get(step.kind, step.kind),
            action_group_id=group_id(row.session.activity_id, Phase(step.phase)),
            continue_on_fail=step.continue_on_fail,
            execution_order=step.position + 1,
            timeout=step.timeout_s,
            classification=ActionClassification(step.phase),
        ),
        status=ActionStatus(_step_status(row, step)),
        status_description=_failures(step),
        result=step.state,
        start_time=at(step.intended_at),
        end_time=at(step.reverted_at or step.applied_at) or NEVER,
        created_date_time_utc=at(step.intended_at),
        modified_date_time_utc=_latest(_times(step)),
        complete=step.state == EntryState.REVERTED,
        kind=step.kind,
    )


def _failures(step: StepRow) -> str | None:
    if not step.failures:
        return None
    times = "once" if step.failures == 1 else f"{step.failures} times"
    return f"failed {times}: {step.last_error}" if step.last_error else f"failed {times} before"


def _words(row: Queue) -> str | None:
    """Why the session is where it is, or what its worker met last."""
    failing = row.work.last_error if row.work else None
    return failing or row.session.status_description


def _began(row: Queue) -> Time:
    return at(row.steps[0].intended_at) if row.steps else NEVER


def _ended(row: Queue) -> Time:
    """When its last step was over, once its session is."""
    if Status(row.session.status) not in ENDED:
        return NEVER
    return _latest(time for step in row.steps for time in _times(step))


def _times(step: StepRow) -> list[dt.datetime]:
    return [time for time in (step.intended_at, step.applied_at, step.reverted_at) if time is not None]


def _latest(times: Iterable[dt.datetime]) -> Time:
    return at(max(times, default=None)) or NEVER


def _heart_beat(work: WorkRow | None) -> Time:
    """When whoever has the job proved that they live."""
    return at(work.lease_until - LEASE) if work and work.lease_until else NEVER
