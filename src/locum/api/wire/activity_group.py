"""Groups of activities."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.activity import Activity
from locum.api.wire.base import NEVER, Out, Time, later
from locum.api.wire.connection_profile import ActivityConfiguration
from locum.kit.ids import NIL


class ActivityGroupActivity(Out):
    __contract__ = "SbPAM.Models.ActivityGroupActivity"

    activity_id: UUID = NIL
    activity: Activity | None = None
    activity_group_id: UUID = NIL
    activity_group: Annotated[None, later("SbPAM.Models.ActivityGroup")] = None
    is_deleted: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ActivityGroup(Out):
    """`activity_group_activities` is null in lists."""

    __contract__ = "SbPAM.Models.ActivityGroup"

    id: UUID = NIL
    created_by: UUID | None = None
    modified_by: UUID | None = None
    modified_date_time_utc: Time = NEVER
    name: str | None = None
    description: str | None = None
    activity_configuration_id: UUID | None = None
    activity_configuration: ActivityConfiguration | None = None
    activity_group_activities: list[ActivityGroupActivity] | None = None
    is_default: bool = False
    is_deleted: bool = False
    is_user_modified: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
