"""Connection profiles, which the contract calls activity configurations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Name, Out, Time, later
from locum.api.wire.enums import ActivityConfigurationType, ApprovalType
from locum.kit.ids import NIL


class ActivityConfiguration(Out):
    __contract__ = "SbPAM.Models.ActivityConfiguration"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    type: ActivityConfigurationType = ActivityConfigurationType.GENERIC
    created_by: UUID | None = None
    modified_by: UUID | None = None
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    is_default: bool = False
    is_deleted: bool = False
    is_user_modified: bool = False
    node_id: UUID = NIL
    activity_configuration_settings: Annotated[
        None, later("SbPAM.Models.ActivityConfigurationSetting", many=True)
    ] = None
    custom_fields: Annotated[None, later("SbPAM.Models.CustomField", many=True)] = None
    delete_account: bool = False
    session_retry_interval: int | None = None
    approved_workflow_email_template_id: UUID | None = None
    notify_approvers_workflow_email_template_id: UUID | None = None
    max_session_length: int | None = None
    allow_session_extension: bool = False
    session_extension_minutes: int | None = None
    session_extension_count: int | None = None
    session_monitor_interval: int | None = None
    expiration_timeout_threshold: int | None = None
    rdp_proxy_host: str | None = None
    ssh_proxy_host: str | None = None
    ssh_scan_dc: bool = False
    record_audio: bool = False
    proxy_auto_connect: bool = False
    record: bool = False
    approval_type_required: ApprovalType = ApprovalType.DENY
    approval_workflow_id: UUID | None = None
    approval_workflow_email_template_id: UUID | None = None
    monitor_entire_session: bool = False
    allow_view_password: bool = False
    allow_password_access: bool = False
    allow_autofill_password: bool = False
    leave_in_group: bool = False
    activity_token_complexity: UUID | None = None
    clear_website_data_after_stop: bool = False
    clear_website_data_before_start: bool = False
    notes_required: bool = False
    ticket_required: bool = False
    view_password_in_seconds: int | None = None


class SshKeyUseView(Out):
    """`off`, `first`, `security_key` or `any`. The contract has no such setting."""

    ssh_key_use: str = ""


class SshKeyUseIn(In):
    ssh_key_use: Name
