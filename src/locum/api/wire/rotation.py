"""Rotations and dependants. The contract has the models of a rotation and no path for them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.api.wire.enums import ActionStatus, ServiceRotationJobStatus
from locum.kit.ids import NIL

Kind = Annotated[str, Meta(max_length=40)]


class RotateAccountsIn(In):
    ids: list[UUID]


class ServiceRotationActionQueue(Out):
    """One dependant within a rotation; `targetName` is its name."""

    __contract__ = "SbPAM.Models.ServiceRotationActionQueue"

    id: UUID = NIL
    rotation_job: Annotated[None, later("SbPAM.Models.ServiceRotationJob")] = None
    rotation_job_id: UUID = NIL
    action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    action_queue_id: UUID = NIL
    status: ActionStatus = ActionStatus.UNKNOWN
    target_name: str | None = None
    target_host: str | None = None
    target_host_service_id: UUID | None = None
    target_host_scheduled_task_id: UUID | None = None
    host_id: UUID | None = None
    last_rotation_date_time_utc: Time | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    last_error: str | None = None


class ServiceRotationJob(Out):
    __contract__ = "SbPAM.Models.ServiceRotationJob"

    id: UUID = NIL
    action_job_id: UUID = NIL
    password_rotation_action_queue_id: UUID = NIL
    service_rotation_action_queues: list[ServiceRotationActionQueue] | None = None
    credential_id: UUID = NIL
    managed_user_id: UUID = NIL
    start_date_time_utc: Time = NEVER
    end_date_time_utc: Time = NEVER
    status: ServiceRotationJobStatus = ServiceRotationJobStatus.UNSPECIFIED
    pause_host_rotations: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    created_by: UUID | None = None
    created_by_user_name: str | None = None
    cancelled_by: UUID | None = None
    cancelled_by_user_name: str | None = None
    created_from_address: str | None = None
    cancelled_from_address: str | None = None
    is_rollback: bool = False
    reason: str = ""
    last_error: str | None = None


class FileIn(In):
    path: Line
    pattern: Line
    unit: Name | None = None


class DependantIn(In):
    name: Name
    resource_id: UUID
    parameters: FileIn
    kind: Kind = "file"


class DependantChangeIn(In):
    name: Name
    resource_id: UUID
    parameters: FileIn


class Dependant(Out):
    id: UUID = NIL
    credential_id: UUID = NIL
    resource_id: UUID = NIL
    name: str = ""
    kind: str = ""
    parameters: dict[str, str] = msgspec.field(default_factory=dict)
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
