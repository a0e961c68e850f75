"""What is shown of a queue, its steps and its job: times, failures and states, and nothing that a step was told."""

from __future__ import annotations

import datetime as dt

import msgspec

from locum.actions.plan import AFTER, BEFORE, DURING
from locum.api import action_queue_view as view
from locum.api.wire.base import NEVER, at, encoder
from locum.api.wire.enums import ActionStatus
from locum.kit.ids import new_id
from locum.kit.jobs import LEASE
from locum.reads.action_queues import Queue, StepRow, WorkRow
from locum.reads.sessions import SessionRow
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState
from locum.sessions.queue_status import queue_id

NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def session(**changes: object) -> SessionRow:
    some = new_id()
    names = {"identity_name": "alice", "activity_name": "Linux sudo", "resource_name": "web01"}
    row = dict.fromkeys(SessionRow.__struct_fields__) | {
        **{name: some for name in SessionRow.__struct_fields__ if name.endswith("_id")},
        **names,
        "id": some,
        "status": Status.CANCELLING,
        "login_name": "alice-1",
        "scheduled_start": NOON,
        "actual_start": NOON,
        "created_at": NOON,
    }
    return SessionRow(**(row | changes))  # type: ignore[arg-type]


def step(of: SessionRow, **changes: object) -> StepRow:
    row = StepRow(
        new_id(), of.id, 0, "account", BEFORE, False, 60, 0, EntryState.APPLIED, NOON, NOON + MINUTE, None, 0, None
    )
    return msgspec.structs.replace(row, **changes)


def test_a_step_that_can_not_be_taken_back_says_so() -> None:
    one = session()
    stuck = step(one, failures=3, last_error="can't reach web01", failure_reason=11)
    gone = step(one, kind="sudoers", position=1, state=EntryState.REVERTED, reverted_at=NOON + 2 * MINUTE)
    work = WorkRow(one.id, NOON + 3 * MINUTE, 2, NOON + LEASE, "can't reach web01", NOON)
    shown = view.queue(Queue(one, BEFORE, (stuck, gone), True, work), NOON)
    assert (shown.status, shown.failure_reason, shown.status_description) == (3, 11, "can't reach web01")
    assert shown.heart_beat_date_time_utc == at(NOON)
    assert (shown.time_started, shown.time_finished) == (at(NOON), NEVER)
    first, second = shown.action_queue_action or []
    assert first.action is not None
    assert (first.action.display_name, first.status) == ("Make the account of the session", ActionStatus.FAILED)
    assert (first.status_description, first.complete) == ("failed 3 times: can't reach web01", False)
    assert (second.result, second.status, second.complete) == ("reverted", ActionStatus.COMPLETE, True)
    assert (second.start_time, second.end_time) == (at(NOON), at(NOON + 2 * MINUTE))
    assert b"parameters" not in encoder.encode(shown).lower().replace(b"actionqueueactionparameter", b"")


def test_a_job_is_at_the_queue_that_is_not_over() -> None:
    one = session(status=Status.ACTIVE)
    work = WorkRow(one.id, NOON + MINUTE, 0, None, None, NOON)
    queues = [
        Queue(one, part, (step(one),) if part == BEFORE else (), True, work) for part in (BEFORE, DURING, AFTER)
    ]
    shown = view.job(queues, NOON)
    assert (shown.id, shown.name) == (one.id, "Linux sudo on web01 for alice")
    assert shown.action_queue_id == queue_id(one.id, AFTER)
    assert (shown.next_start_time_utc, shown.running) == (at(NOON + MINUTE), False)
    over = session(status=Status.COMPLETE, actual_end=NOON + MINUTE)
    gone = step(over, state=EntryState.REVERTED, reverted_at=NOON + MINUTE)
    ended = Queue(over, BEFORE, (gone,), True, None)
    assert view.queue(ended, NOON).time_finished == at(NOON + MINUTE)
    assert view.job([ended, Queue(over, AFTER, (), True, None)], NOON).next_start_time_utc == NEVER


def test_a_row_of_the_list_names_what_it_is_about() -> None:
    one = session(status=Status.PENDING, scheduled_start=NOON + MINUTE, actual_start=None)
    row = view.result(Queue(one, BEFORE, (), False, None), NOON)
    assert (row.status, row.start_time_utc, row.next_start_date_time_utc) == (ActionStatus.SCHEDULED, NEVER, None)
    assert (row.job_type, row.job_type_string) == (7, "ActivitySession")
    assert row.action_group_name == "Linux sudo: before the session"
    assert (row.managed_account_name, row.managed_resource_name) == ("alice", "web01")
