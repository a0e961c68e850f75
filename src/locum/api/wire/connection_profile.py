"""Connection profiles, which the contract calls activity configurations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, UnsetType

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.api.wire.enums import ActivityConfigurationType, ApprovalType, CustomFieldDataType
from locum.kit.ids import NIL


class CustomField(Out):
    """`options` is a list of words, separated by commas."""

    __contract__ = "SbPAM.Models.CustomField"

    id: UUID = NIL
    activity_configuration_id: UUID = NIL
    custom_field_number: int = 0
    name: str | None = None
    label: str | None = None
    description: str | None = None
    options: str | None = None
    length: int | None = None
    custom_field_data_type: CustomFieldDataType = CustomFieldDataType.INTEGER
    required: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


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
    custom_fields: list[CustomField] | None = None
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


class CustomFieldIn(In):
    __contract__ = "SbPAM.Models.CustomField"

    custom_field_number: int
    name: Name
    label: Name | None = None
    description: Line | None = None
    options: Line | None = None
    length: int | None = None
    custom_field_data_type: CustomFieldDataType = CustomFieldDataType.STRING
    required: bool = False


class ActivityConfigurationIn(In):
    """What is absent stays as it is, and is as in the default profile in a new one.

    The fields of the last block are what is not available yet: they may be sent back as they came, and not be set.
    """

    __contract__ = "SbPAM.Models.ActivityConfiguration"

    name: Name | None = None
    description: Line | None = None
    custom_fields: list[CustomFieldIn] | None = None
    max_session_length: int | UnsetType | None = UNSET
    allow_session_extension: bool | UnsetType = UNSET
    session_extension_minutes: int | UnsetType | None = UNSET
    session_extension_count: int | UnsetType | None = UNSET
    expiration_timeout_threshold: int | UnsetType | None = UNSET
    record: bool | UnsetType = UNSET
    approval_type_required: ApprovalType | UnsetType = UNSET
    approval_workflow_id: UUID | UnsetType | None = UNSET
    allow_view_password: bool | UnsetType = UNSET
    allow_password_access: bool | UnsetType = UNSET
    view_password_in_seconds: int | UnsetType | None = UNSET
    notes_required: bool | UnsetType = UNSET
    ticket_required: bool | UnsetType = UNSET

    rdp_proxy_host: Name | None = None
    ssh_proxy_host: Name | None = None
    ssh_scan_dc: bool = False
    record_audio: bool = False
    proxy_auto_connect: bool = False
    monitor_entire_session: bool = False
    allow_autofill_password: bool = False
    leave_in_group: bool = False
    activity_token_complexity: UUID | None = None
    clear_website_data_after_stop: bool = False
    clear_website_data_before_start: bool = False
    session_monitor_interval: int | None = None
    session_retry_interval: int | None = None
    delete_account: bool = False
