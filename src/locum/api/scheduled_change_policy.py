"""/api/v1/ScheduledChangePolicy: schedules; the published contract has the model alone (product.md section G)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.enums import FrequencyType
from locum.api.wire.scheduled_change_policy import (
    ScheduledChangePolicy,
    ScheduledChangePolicyIn,
    TimeZoneIn,
    TimeZoneView,
)
from locum.credentials import model, schedules
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission

_FIELDS = {
    "frequency": "frequency",
    "period": "period_value",
    "days_of_week": "days_of_week",
    "day_of_month": "day_number",
    "local_time": "local_time",
}


class ScheduleId(In):
    scheduled_change_policy_id: UUID


@operation(
    "ScheduledChangePolicy.GetAll",
    "GET /api/v1/ScheduledChangePolicy",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_SCHEDULE_READ,
    summary="Every schedule, by name, as a bare array",
)
def get_schedules(tx: ReadTx, call: Call[None, None, None]) -> list[ScheduledChangePolicy]:
    return [shown(row) for row in schedules.schedules(tx)]


@operation(
    "ScheduledChangePolicy.GetById",
    "GET /api/v1/ScheduledChangePolicy/{scheduledChangePolicyId}",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_SCHEDULE_READ,
    problems=(404,),
    summary="One schedule",
)
def get_schedule(tx: ReadTx, call: Call[ScheduleId, None, None]) -> ScheduledChangePolicy:
    return shown(schedules.schedule_of(tx, call.params.scheduled_change_policy_id))


@operation(
    "ScheduledChangePolicy.Post",
    "POST /api/v1/ScheduledChangePolicy",
    who=ADMIN,
    permission=Permission.CATALOG_SCHEDULE_MANAGE,
    problems=(409,),
    audit="schedule.created",
    summary="Make a schedule; its time of day is UTC's until it is given a time zone",
)
def create_schedule(tx: Tx, call: Call[None, None, ScheduledChangePolicyIn]) -> ScheduledChangePolicy:
    body = call.body
    made = schedules.add_schedule(
        tx, call.caller.actor, name=body.name, description=body.description, timing=_timing(body)
    )
    return shown(made)


@operation(
    "ScheduledChangePolicy.Put",
    "PUT /api/v1/ScheduledChangePolicy/{scheduledChangePolicyId}",
    who=ADMIN,
    permission=Permission.CATALOG_SCHEDULE_MANAGE,
    problems=(404, 409),
    audit="schedule.changed",
    summary="Change a schedule and with it when everything that goes by it is due; what is absent stays",
)
def put_schedule(tx: Tx, call: Call[ScheduleId, None, ScheduledChangePolicyIn]) -> ScheduledChangePolicy:
    body = call.body
    changed = schedules.change_schedule(
        tx,
        call.caller.actor,
        call.params.scheduled_change_policy_id,
        name=body.name,
        description=body.description,
        timing=_timing(body),
    )
    return shown(changed)


@operation(
    "ScheduledChangePolicy.Delete",
    "DELETE /api/v1/ScheduledChangePolicy/{scheduledChangePolicyId}",
    who=ADMIN,
    permission=Permission.CATALOG_SCHEDULE_MANAGE,
    problems=(404, 409),
    audit="schedule.deleted",
    summary="Delete a schedule that nothing uses",
)
def delete_schedule(tx: Tx, call: Call[ScheduleId, None, None]) -> None:
    schedules.delete_schedule(tx, call.caller.actor, call.params.scheduled_change_policy_id)


@operation(
    "ScheduledChangePolicy.GetTimeZone",
    "GET /api/locum/v1/ScheduledChangePolicy/{scheduledChangePolicyId}/TimeZone",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_SCHEDULE_READ,
    problems=(404,),
    summary="In which time zone a schedule's days and time of day are meant",
)
def get_time_zone(tx: ReadTx, call: Call[ScheduleId, None, None]) -> TimeZoneView:
    return TimeZoneView(time_zone=schedules.schedule_of(tx, call.params.scheduled_change_policy_id).time_zone)


@operation(
    "ScheduledChangePolicy.SetTimeZone",
    "PUT /api/locum/v1/ScheduledChangePolicy/{scheduledChangePolicyId}/TimeZone",
    who=ADMIN,
    permission=Permission.CATALOG_SCHEDULE_MANAGE,
    problems=(404,),
    audit="schedule.changed",
    summary="Say in which time zone a schedule's days and time of day are meant; hours and minutes have none",
)
def put_time_zone(tx: Tx, call: Call[ScheduleId, None, TimeZoneIn]) -> TimeZoneView:
    changed = schedules.change_schedule(
        tx,
        call.caller.actor,
        call.params.scheduled_change_policy_id,
        timing={"time_zone": call.body.time_zone},
    )
    return TimeZoneView(time_zone=changed.time_zone)


def shown(row: model.Schedule) -> ScheduledChangePolicy:
    """A schedule as the wire has it."""
    return ScheduledChangePolicy(
        id=row.id,
        name=row.name,
        description=row.description,
        frequency=FrequencyType(row.frequency),
        period_value=row.period,
        days_of_week=row.days_of_week,
        day_number=row.day_of_month or 0,
        local_time=f"0001-01-01T{row.local_time or '00:00:00'}",
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _timing(body: ScheduledChangePolicyIn) -> dict[str, Any]:
    """What the body says of the timing, in the room's words."""
    given = {field: getattr(body, name) for field, name in _FIELDS.items()}
    return {field: value for field, value in given.items() if value is not UNSET}
