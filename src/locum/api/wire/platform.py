"""Platforms, the defaults of resources."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET, UnsetType

from locum.api.wire.base import NEVER, Base64, In, Line, Name, Out, Time
from locum.api.wire.enums import PlatformType
from locum.api.wire.password_complexity import PasswordComplexity
from locum.api.wire.scheduled_change_policy import ScheduledChangePolicy
from locum.kit.ids import NIL


class Platform(Out):
    """Its rules themselves are null in lists."""

    __contract__ = "SbPAM.Models.Platform"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    built_in_account: str | None = None
    password_complexity_policy_id: UUID | None = None
    password_complexity_policy: PasswordComplexity | None = None
    scheduled_change_policy_id: UUID | None = None
    scheduled_change_policy: ScheduledChangePolicy | None = None
    protection_policy_schedule_id: UUID | None = None
    protection_policy_schedule: ScheduledChangePolicy | None = None
    scan_schedule_id: UUID | None = None
    scan_schedule: ScheduledChangePolicy | None = None
    verification_schedule_id: UUID | None = None
    verification_schedule: ScheduledChangePolicy | None = None
    reset_on_mismatch: bool = False
    icon: Base64 | None = None
    base_platform_id: UUID | None = None
    type: PlatformType = PlatformType.UNSPECIFIED
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class PlatformIn(In):
    """What is absent stays as it is, and is the base's in a copy; a rule of null is none."""

    __contract__ = "SbPAM.Models.Platform"

    name: Name | None = None
    description: Line | None = None
    built_in_account: Name | None = None
    password_complexity_policy_id: UUID | UnsetType | None = UNSET
    scheduled_change_policy_id: UUID | UnsetType | None = UNSET
    protection_policy_schedule_id: UUID | UnsetType | None = UNSET
    scan_schedule_id: UUID | UnsetType | None = UNSET
    verification_schedule_id: UUID | UnsetType | None = UNSET
    reset_on_mismatch: bool | None = None
    base_platform_id: UUID | None = None
