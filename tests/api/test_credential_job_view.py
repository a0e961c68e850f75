"""What is shown of a credential's job: its schedule in numbers and words, its last run, and why it fails."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from locum.api import credential_job_view as view
from locum.api.wire.action_queue import DayOfWeek, RecurrenceType
from locum.api.wire.base import NEVER, at
from locum.api.wire.enums import ActionStatus
from locum.credentials.model import Verified
from locum.credentials.schedule import Timing
from locum.kit.ids import new_id
from locum.reads.action_queues import WorkRow
from locum.reads.credential_jobs import CredentialJob, Kind, RunRow, Work
from locum.rotation.model import State

NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
SOME = new_id()
JOB = CredentialJob(
    kind=Kind.ROTATION,
    managed_id=SOME,
    credential_id=new_id(),
    name="app",
    resource_id=new_id(),
    resource_name="web01",
    platform_id=new_id(),
    created_at=NOON,
    work=Work.ROTATION,
    timing=None,
    schedule_id=None,
    next_at=None,
    under_way=None,
    last=None,
    verified_at=None,
    status=Verified.UNSPECIFIED,
    error="of something else",
    job=None,
)
FAILED = RunRow(new_id(), JOB.credential_id, "asked", State.FAILED, SOME, "it said no", NOON, NOON + MINUTE)


def timing(frequency: int, period: int = 1) -> Timing:
    return Timing(frequency, period, "Wednesday,Sunday", 31, "02:30:00", "UTC")


@pytest.mark.parametrize(
    ("schedule", "kind", "interval"),
    [
        (timing(0, 6), RecurrenceType.MINUTES, 360),
        (timing(4, 6), RecurrenceType.MINUTES, 6),
        (timing(1, 6), RecurrenceType.DAILY, 6),
        (timing(2), RecurrenceType.WEEKLY, 1),
        (timing(3), RecurrenceType.MONTHLY, 1),
    ],
)
def test_a_schedule_in_numbers(schedule: Timing, kind: RecurrenceType, interval: int) -> None:
    shown = view.job(replace(JOB, timing=schedule, schedule_id=SOME, next_at=NOON), NOON)
    assert (shown.recurrence_type, shown.recurrence_interval, shown.is_recurring) == (kind, interval, True)
    assert (shown.hour, shown.minute, shown.day_of_month) == (2, 30, 31)
    assert (shown.day_of_week, shown.schedule_change_policy_id) == (DayOfWeek.WEDNESDAY, SOME)
    assert (shown.next_start_time_utc, shown.running) == (at(NOON), False)


def test_without_a_schedule_it_does_not_come_again() -> None:
    shown = view.job(JOB, NOON)
    assert (shown.is_recurring, shown.recurrence, shown.next_start_time_utc) == (False, None, NEVER)
    assert (shown.last_run_status, shown.last_error) == (None, None)
    assert shown.name == "Change the secret of app on web01"


def test_why_it_failed_last_time_and_why_it_fails_now() -> None:
    last = view.job(replace(JOB, last=FAILED), NOON)
    assert (last.last_run_id, last.last_run_status) == (FAILED.id, ActionStatus.FAILED)
    assert (last.last_run_time_utc, last.last_error) == (at(NOON + MINUTE), "it said no")
    work = WorkRow(SOME, NOON, 3, NOON + MINUTE, "can't reach web01", NOON)
    now = view.job(replace(JOB, last=FAILED, job=work), NOON)
    assert (now.attempts, now.running, now.last_error) == (3, True, "can't reach web01")


def test_a_verification_says_what_was_seen() -> None:
    looked = replace(JOB, kind=Kind.VERIFICATION, work=Work.VERIFICATION, verified_at=NOON, error="another secret")
    same = view.job(replace(looked, status=Verified.VERIFIED), NOON)
    assert (same.last_run_status, same.last_error, same.last_run_time_utc) == (
        ActionStatus.COMPLETE,
        None,
        at(NOON),
    )
    other = view.job(replace(looked, status=Verified.MISMATCH), NOON)
    assert (other.last_run_status, other.last_error) == (ActionStatus.FAILED, "another secret")
    never = view.job(replace(looked, verified_at=None), NOON)
    assert (never.last_run_status, never.last_error) == (None, None)
