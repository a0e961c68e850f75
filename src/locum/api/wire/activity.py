"""Activities."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.api.wire.connection_profile import ActivityConfiguration
from locum.api.wire.enums import ActivityLoginType, ActivityType, RequesterLoginFormat
from locum.api.wire.platform import Platform
from locum.kit.ids import NIL


class Activity(Out):
    __contract__ = "SbPAM.Models.Activity"

    id: UUID = NIL
    created_by: UUID | None = None
    modified_by: UUID | None = None
    name: str | None = None
    description: str | None = None
    activity_configuration_id: UUID | None = None
    activity_configuration: ActivityConfiguration | None = None
    platform_id: UUID | None = None
    platform: Platform | None = None
    start_action_group_id: UUID | None = None
    during_action_group_id: UUID | None = None
    end_action_group_id: UUID | None = None
    activity_type: ActivityType = ActivityType.INTERACTIVE
    login_account: ActivityLoginType = ActivityLoginType.REQUESTER
    login_account_name_format: str | None = None
    requester_login_format: RequesterLoginFormat = RequesterLoginFormat.SAMACCOUNTNAME
    application_to_launch: str | None = None
    preferred_rds_host_id: UUID | None = msgspec.field(default=None, name="preferredRDSHostId")
    connect_credential_id: UUID | None = None
    create_account: bool = False
    activity_group_activities: Annotated[None, later("SbPAM.Models.ActivityGroupActivity", many=True)] = None
    delete_account: bool = False
    vault_id: UUID | None = None
    vault_info: str | None = None
    logon_url: str | None = None
    is_default: bool = False
    is_deleted: bool = False
    is_user_modified: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ActivityIn(In):
    """What is absent or null stays as it is; an empty format is none."""

    __contract__ = "SbPAM.Models.Activity"

    name: Name | None = None
    description: Line | None = None
    platform_id: UUID | None = None
    activity_type: ActivityType | None = None
    login_account: ActivityLoginType | None = None
    login_account_name_format: Name | None = None
    requester_login_format: RequesterLoginFormat | None = None
    create_account: bool | None = None
    delete_account: bool | None = None
