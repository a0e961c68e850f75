"""Certifications: who has which access, and a reviewer's word on each."""

from __future__ import annotations

import datetime as dt
from enum import IntEnum
from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.kit.ids import NIL


class AccessCertificationTaskStatus(IntEnum):
    __contract__ = "SbPAM.Models.AccessCertificationTaskStatus"

    SETUP = 0
    READY_TO_START = 1
    INCOMPLETE = 2
    COMPLETE = 3


class AccessCertificationTaskRowStatus(IntEnum):
    __contract__ = "SbPAM.Models.AccessCertificationTaskRowStatus"

    NOT_SET = 0
    REQUESTED = 1
    APPROVED = 2
    DENIED = 3


class TaskIn(In):
    """What is absent or null stays as it is. `policy_ids` and the deadline are not in the contract's model."""

    __contract__ = "SbPAM.Models.AccessCertificationTaskRequest"

    name: Name | None = None
    description: Line | None = None
    reviewer_id: UUID | None = None
    user_ids: list[UUID] | None = None
    group_ids: list[UUID] | None = None
    policy_ids: list[UUID] | None = None
    deadline_date_time_utc: dt.datetime | None = None


class RowReviewIn(In):
    """A reviewer's word on one row; notes are not in the contract's model."""

    __contract__ = "SbPAM.Models.AccessCertificationTaskRowReview"

    id: UUID
    status: AccessCertificationTaskRowStatus
    notes: Line | None = None


class LiftIn(In):
    """Why a denial is lifted."""

    notes: Line | None = None


class AccessCertificationTaskSummary(Out):
    """The selected ids are null in lists; the rows have pages of their own."""

    __contract__ = "SbPAM.Models.AccessCertificationTaskSummary"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    reviewer: str | None = None
    reviewer_id: UUID = NIL
    status: AccessCertificationTaskStatus = AccessCertificationTaskStatus.SETUP
    start_date_time_utc: Time | None = None
    scheduled_start_date_time_utc: Time | None = None
    completed_date_time_utc: Time | None = None
    deadline_date_time_utc: Time | None = None
    open_rows: int = 0
    activities_summary: Annotated[None, later("SbPAM.Models.AccessCertificationTaskRowSummary", many=True)] = None
    selected_user_ids: list[UUID] | None = None
    selected_user_group_ids: list[UUID] | None = None
    selected_policy_ids: list[UUID] | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class AccessCertificationTaskRowDetail(Out):
    """One access; `last_accessed_date_time_utc` is the first of all times where it was never used."""

    __contract__ = "SbPAM.Models.AccessCertificationTaskRowDetail"

    id: UUID = NIL
    user_name: str | None = None
    status: AccessCertificationTaskRowStatus = AccessCertificationTaskRowStatus.NOT_SET
    access_control_policy: str | None = None
    resource: str | None = None
    credential: str | None = None
    activity: str | None = None
    group_name: str | None = None
    permissions: list[str] | None = None
    last_accessed_date_time_utc: Time = NEVER
    connection_profile: str | None = None
    notes: str | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    user_id: UUID = NIL
    access_policy_id: UUID = NIL
    resource_id: UUID | None = None
    credential_id: UUID | None = None
    activity_id: UUID = NIL


class AccessCertificationTaskRowReview(Out):
    __contract__ = "SbPAM.Models.AccessCertificationTaskRowReview"

    id: UUID = NIL
    status: AccessCertificationTaskRowStatus = AccessCertificationTaskRowStatus.NOT_SET
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class AccessCertificationDenial(Out):
    """`managed_user_id` is the person's id; the reason is not in the contract's model."""

    __contract__ = "SbPAM.Models.AccessCertificationDenial"

    id: UUID = NIL
    access_policy_id: UUID = NIL
    managed_user_id: UUID = NIL
    resource_id: UUID | None = None
    activity_id: UUID = NIL
    credential_id: UUID | None = None
    denying_task_id: UUID = NIL
    status: AccessCertificationTaskRowStatus = AccessCertificationTaskRowStatus.DENIED
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    denying_task_name: str | None = None
    reason: str | None = None
