"""Override policies."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET, UnsetType

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time
from locum.api.wire.enums import OverridePolicyType
from locum.api.wire.scheduled_change_policy import ScheduledChangePolicy
from locum.kit.ids import NIL


class OverridePolicy(Out):
    __contract__ = "SbPAM.Models.OverridePolicy"

    id: UUID = NIL
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    name: str = ""
    description: str | None = None
    type: OverridePolicyType = OverridePolicyType.CREDENTIAL
    platform_id: UUID = NIL
    scan_schedule_id: UUID | None = None
    scan_schedule: ScheduledChangePolicy | None = None
    protect_schedule_id: UUID | None = None
    protect_schedule: ScheduledChangePolicy | None = None
    rotate_schedule_id: UUID | None = None
    rotate_schedule: ScheduledChangePolicy | None = None
    verify_schedule_id: UUID | None = None
    verify_schedule: ScheduledChangePolicy | None = None


class OverridePolicyIn(In):
    """What is absent stays as it is; a schedule of null is none."""

    __contract__ = "SbPAM.Models.OverridePolicy"

    name: Name | None = None
    description: Line | None = None
    type: OverridePolicyType | UnsetType = UNSET
    platform_id: UUID | None = None
    scan_schedule_id: UUID | UnsetType | None = UNSET
    protect_schedule_id: UUID | UnsetType | None = UNSET
    rotate_schedule_id: UUID | UnsetType | None = UNSET
    verify_schedule_id: UUID | UnsetType | None = UNSET
