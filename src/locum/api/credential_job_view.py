"""How the contract shows what Locum does by itself with a credential: a job, its schedule and its last run."""

from __future__ import annotations

import datetime as dt
from typing import Any

from locum.api.wire.action_queue import ActionJob, ActionJobType, DayOfWeek, RecurrenceType
from locum.api.wire.base import NEVER, at
from locum.api.wire.enums import ActionStatus
from locum.credentials.model import Verified
from locum.credentials.schedule import DAYS, Frequency, Timing, in_words
from locum.reads.credential_jobs import CredentialJob, Kind, Work
from locum.rotation.model import State

_DOES = {
    Work.ROTATION: "Change the secret of",
    Work.SERVICE_ROTATION: "Change, with all that depend on it, the secret of",
    Work.ROLLBACK: "Put back the secret of",
    Work.VERIFICATION: "Verify the secret of",
}
_ENDED = {
    State.COMPLETED: ActionStatus.COMPLETE,
    State.FAILED: ActionStatus.FAILED,
    State.COMPLETED_WITH_ERRORS: ActionStatus.COMPLETED_WITH_ERRORS,
    State.COMPLETED_NOT_RUN: ActionStatus.COMPLETED_NOT_RUN,
    State.ABORTED: ActionStatus.CANCELLED,
}
_LOOKED = {
    Verified.VERIFIED: ActionStatus.COMPLETE,
    Verified.CHANGED: ActionStatus.COMPLETE,
    Verified.PENDING: ActionStatus.PENDING,
}
_HOUR = 60


def job(of: CredentialJob, now: dt.datetime) -> ActionJob:
    """The job with what it is at, or else with what came of it last."""
    work, run = of.job, of.under_way
    due = work.due_at if work else of.next_at
    return ActionJob(
        id=of.id,
        type=ActionJobType(of.work),
        name=f"{_DOES[of.work]} {of.name} on {of.resource_name}",
        start_date_time_utc=at(run.created_at if run else due) or NEVER,
        next_start_time_utc=at(due) or NEVER,
        user_id=run.requested_by if run else None,
        managed_resource_id=of.resource_id,
        managed_object_id=of.credential_id,
        platform_id=of.platform_id,
        created_date_time_utc=at(of.created_at),
        attempts=work.attempts if work else 0,
        running=work is not None and work.lease_until is not None and work.lease_until > now,
        **_recurrence(of),
        **_last(of),
    )


def _recurrence(of: CredentialJob) -> dict[str, Any]:
    """The numbers of a schedule, of several days the first; the words say them all, and the time zone."""
    timing = of.timing
    if timing is None:
        return {}
    kind, interval = _interval(timing)
    time = dt.time.fromisoformat(timing.local_time or "00:00:00")
    first = (timing.days_of_week or "").partition(",")[0]
    return {
        "is_recurring": True,
        "schedule_change_policy_id": of.schedule_id,
        "recurrence": in_words(timing),
        "recurrence_type": kind,
        "recurrence_interval": interval,
        "hour": time.hour,
        "minute": time.minute,
        "day_of_week": DayOfWeek((DAYS.index(first) + 1) % 7) if first else DayOfWeek.SUNDAY,
        "day_of_month": timing.day_of_month or 0,
    }


def _interval(timing: Timing) -> tuple[RecurrenceType, int]:
    match Frequency(timing.frequency):
        case Frequency.HOURS:
            return RecurrenceType.MINUTES, timing.period * _HOUR
        case Frequency.MINUTES:
            return RecurrenceType.MINUTES, timing.period
        case Frequency.DAYS_AT_TIME:
            return RecurrenceType.DAILY, timing.period
        case Frequency.WEEKLY:
            return RecurrenceType.WEEKLY, 1
        case Frequency.MONTHLY:
            return RecurrenceType.MONTHLY, 1


def _last(of: CredentialJob) -> dict[str, Any]:
    """When it was last done, what came of it, and why not; of what fails right now, why."""
    now = (of.job.last_error if of.job else None) or (of.under_way.last_error if of.under_way else None)
    if of.kind is Kind.VERIFICATION:
        if of.verified_at is None:
            return {"last_error": now}
        status = _LOOKED.get(of.status, ActionStatus.FAILED)
        why = of.error if status is ActionStatus.FAILED else None
        return {
            "last_run_time_utc": at(of.verified_at),
            "last_run_status": status,
            "last_error": now or why,
        }
    if of.last is None:
        return {"last_error": now}
    return {
        "last_run_id": of.last.id,
        "last_run_time_utc": at(of.last.ended_at),
        "last_run_status": _ENDED[State(of.last.state)],
        "last_error": now or of.last.last_error,
    }
