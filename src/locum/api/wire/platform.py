"""Platforms, the defaults of resources."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, Base64, Out, Time, later
from locum.api.wire.enums import PlatformType
from locum.kit.ids import NIL


class Platform(Out):
    __contract__ = "SbPAM.Models.Platform"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    built_in_account: str | None = None
    password_complexity_policy_id: UUID | None = None
    password_complexity_policy: Annotated[None, later("SbPAM.Models.PasswordComplexity")] = None
    scheduled_change_policy_id: UUID | None = None
    scheduled_change_policy: Annotated[None, later("SbPAM.Models.ScheduledChangePolicy")] = None
    protection_policy_schedule_id: UUID | None = None
    protection_policy_schedule: Annotated[None, later("SbPAM.Models.ScheduledChangePolicy")] = None
    scan_schedule_id: UUID | None = None
    scan_schedule: Annotated[None, later("SbPAM.Models.ScheduledChangePolicy")] = None
    verification_schedule_id: UUID | None = None
    verification_schedule: Annotated[None, later("SbPAM.Models.ScheduledChangePolicy")] = None
    reset_on_mismatch: bool = False
    icon: Base64 | None = None
    base_platform_id: UUID | None = None
    type: PlatformType = PlatformType.UNSPECIFIED
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
