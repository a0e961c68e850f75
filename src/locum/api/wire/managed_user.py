"""Where a credential's login lives and how its secret is changed there."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Out, Time, later
from locum.api.wire.enums import ManagedUserType, VerificationScanStatus
from locum.kit.ids import NIL


class ManagedUser(Out):
    __contract__ = "SbPAM.Models.ManagedUser"

    id: UUID = NIL
    domain_id: UUID | None = None
    host_id: UUID | None = None
    user_id: UUID | None = None
    credential_id: UUID | None = None
    managed_resource_id: UUID = NIL
    managed_resource: Annotated[None, later("SbPAM.Models.ManagedResource")] = None
    managed_type: ManagedUserType = ManagedUserType.NOT_MANAGED
    verification_schedule_id: UUID | None = None
    verification_schedule: Annotated[None, later("SbPAM.Models.ScheduledChangePolicy")] = None
    password_status: VerificationScanStatus = VerificationScanStatus.UNSPECIFIED
    password_complexity_policy_id: UUID | None = None
    password_complexity_policy: Annotated[None, later("SbPAM.Models.PasswordComplexity")] = None
    password_last_checked_utc: Time | None = None
    password_next_change_utc: Time | None = None
    action_queue_id: UUID | None = None
    action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    is_activity_token: bool = False


class ManagedUserIn(In):
    __contract__ = "SbPAM.Models.ManagedUser"

    managed_resource_id: UUID
    managed_type: ManagedUserType = ManagedUserType.AUTOMATIC
    verification_schedule_id: UUID | None = None
    password_complexity_policy_id: UUID | None = None
