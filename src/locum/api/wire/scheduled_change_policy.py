"""Schedules, which the contract calls scheduled change policies."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time
from locum.api.wire.enums import FrequencyType
from locum.kit.ids import NIL

# A time of day on .NET's first day: the contract has no type for a time without a date.
ClockTime = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
ClockTimeIn = Annotated[str, Meta(max_length=64, extra_json_schema={"format": "date-time"})]


class ScheduledChangePolicy(Out):
    """`local_time` is the clock of the schedule's time zone; a date in it means nothing."""

    __contract__ = "SbPAM.Models.ScheduledChangePolicy"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    frequency: FrequencyType = FrequencyType.HOURS
    period_value: int = 0
    days_of_week: str | None = None
    day_number: int = 0
    local_time: ClockTime = "0001-01-01T00:00:00"
    utc_time: Time | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ScheduledChangePolicyIn(In):
    """What is absent stays as it is."""

    __contract__ = "SbPAM.Models.ScheduledChangePolicy"

    name: Name | None = None
    description: Line | None = None
    frequency: FrequencyType | UnsetType = UNSET
    period_value: int | UnsetType = UNSET
    days_of_week: Line | UnsetType | None = UNSET
    day_number: int | UnsetType = UNSET
    local_time: ClockTimeIn | UnsetType = UNSET


class TimeZoneView(Out):
    """An IANA name. The contract has no such setting."""

    time_zone: str = "UTC"


class TimeZoneIn(In):
    time_zone: Name
