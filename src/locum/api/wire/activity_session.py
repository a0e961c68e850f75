"""Access sessions and the connections inside them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from locum.api.wire.activity import Activity
from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.api.wire.connection_profile import ActivityConfiguration
from locum.api.wire.enums import SessionStatus
from locum.api.wire.managed_resource import ManagedResource
from locum.kit.ids import NIL


class ProxySession(Out):
    __contract__ = "SbPAM.Models.ProxySession"

    id: UUID = NIL
    activity_session_id: UUID = NIL
    record: bool = False
    type: str | None = None
    active: bool = False
    start_date_time_utc: Time = NEVER
    end_date_time_utc: Time = NEVER
    key: str | None = None
    locked: bool = False
    locked_message: str | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    session_metadata: Annotated[None, later("SbPAM.Models.ReplayMetadata")] = None


class ActivitySession(Out):
    __contract__ = "SbPAM.Models.ActivitySession"

    id: UUID = NIL
    created_by: UUID | None = None
    created_by_user_name: str | None = None
    created_from_address: str | None = None
    created_date_time_utc: Time = NEVER
    credential_id: UUID | None = None
    user_credential_id: UUID | None = None
    connect_credential_id: UUID | None = None
    locked: bool = False
    login_account_name: str | None = None
    vault_id: UUID | None = None
    vault_info: str | None = None
    activity_id: UUID = NIL
    activity: Activity | None = None
    activity_configuration_id: UUID | None = None
    activity_configuration: ActivityConfiguration | None = None
    activity_session_group_id: UUID | None = None
    activity_session_group: Annotated[None, later("SbPAM.Models.ActivitySessionGroup")] = None
    access_control_policy_id: UUID | None = None
    access_control_policy: Annotated[None, later("SbPAM.Models.AccessControlPolicy")] = None
    managed_account_id: UUID | None = None
    managed_account: Annotated[None, later("SbPAM.Models.ManagedAccount")] = None
    managed_resource_id: UUID | None = None
    managed_resource: ManagedResource | None = None
    session_init_action_queue_id: UUID | None = None
    session_init_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    create_user_action_queue_id: UUID | None = None
    create_user_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    disable_user_action_queue_id: UUID | None = None
    disable_user_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    start_action_queue_id: UUID | None = None
    start_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    during_action_queue_id: UUID | None = None
    during_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    monitor_action_queue_id: UUID | None = None
    monitor_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    end_action_queue_id: UUID | None = None
    end_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    message_action_queue_id: UUID | None = None
    message_action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    status: SessionStatus = SessionStatus.PENDING
    status_description: str | None = None
    scheduled_start_date_time_utc: Time = NEVER
    actual_start_date_time_utc: Time | None = None
    scheduled_end_date_time_utc: Time | None = None
    actual_end_date_time_utc: Time | None = None
    cancelled_by: UUID | None = None
    target_user_id: UUID | None = None
    target_id: UUID | None = None
    proxy_sessions: list[ProxySession] | None = None
    approval_workflow_id: UUID | None = None
    approval_workflow: Annotated[None, later("SbPAM.Models.ApprovalWorkflow")] = None
    approval_workflow_approvals: Annotated[None, later("SbPAM.Models.ApprovalWorkflowApproval", many=True)] = None
    note: str | None = None
    ticket: str | None = None
    node_id: UUID = NIL
    modified_date_time_utc: Time = NEVER
    allow_session_extension: bool = False
    session_extension_count: int = 0
    session_extension_minutes: int = 0
    custom_fields: str | None = None


class CustomFieldDtoIn(In):
    """An answer to a custom field of the connection profile; its type is that of the field, whatever is sent."""

    __contract__ = "SbPAM.Models.CustomFieldDto"

    name: Name
    value: Name | None = None


class ActivitySessionRequestIn(In):
    __contract__ = "SbPAM.Models.ActivitySessionRequest"

    managed_account_id: UUID | None = None
    managed_resource_id: UUID | None = None
    managed_resource_name: Name | None = None
    activity_id: UUID | None = None
    activity_name: Name | None = None
    access_policy_id: UUID | None = None
    credential_id: UUID | None = None
    credential_domain: Name | None = None
    credential_username: Name | None = None
    credential_name: Name | None = None
    start_date_time_utc: dt.datetime | None = None
    end_date_time_utc: dt.datetime | None = None
    note: Line | None = None
    ticket: Name | None = None
    custom_fields: list[CustomFieldDtoIn] | None = None
