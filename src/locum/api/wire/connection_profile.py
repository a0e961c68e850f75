"""Connection profiles, which the contract calls activity configurations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time
from locum.api.wire.enums import (
    ActivityConfigurationSettingType,
    ActivityConfigurationType,
    ApprovalType,
    CustomFieldDataType,
    IpAddressRuleType,
)
from locum.kit.ids import NIL


class ActivityConfigurationSetting(Out):
    __contract__ = "SbPAM.Models.ActivityConfigurationSetting"

    id: UUID = NIL
    name: str | None = None
    key: str | None = None
    value: str | None = None
    type: ActivityConfigurationSettingType = ActivityConfigurationSettingType.STRING
    activity_configuration_id: UUID = NIL
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class CustomField(Out):
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
    activity_configuration_settings: list[ActivityConfigurationSetting] | None = None
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


Number = Annotated[int, Meta(ge=0, le=2_147_483_647)]


class ActivityConfigurationSettingIn(In):
    __contract__ = "SbPAM.Models.ActivityConfigurationSetting"

    key: Name
    value: Name | None = None


class CustomFieldIn(In):
    __contract__ = "SbPAM.Models.CustomField"

    name: Name
    custom_field_number: int | None = None
    label: Name | None = None
    description: Line | None = None
    options: Line | None = None
    length: int | None = None
    custom_field_data_type: CustomFieldDataType = CustomFieldDataType.STRING
    required: bool = False


class ActivityConfigurationIn(In):
    """What is absent stays, or is as the default profile has it. Null takes a number, host or id away."""

    __contract__ = "SbPAM.Models.ActivityConfiguration"

    name: Name | None = None
    description: Line | None = None
    activity_configuration_settings: list[ActivityConfigurationSettingIn] | None = None
    custom_fields: list[CustomFieldIn] | None = None
    delete_account: bool | UnsetType = UNSET
    session_retry_interval: Number | UnsetType | None = UNSET
    max_session_length: Number | UnsetType = UNSET
    allow_session_extension: bool | UnsetType = UNSET
    session_extension_minutes: Number | UnsetType | None = UNSET
    session_extension_count: Number | UnsetType | None = UNSET
    session_monitor_interval: Number | UnsetType | None = UNSET
    expiration_timeout_threshold: Number | UnsetType | None = UNSET
    rdp_proxy_host: Name | UnsetType | None = UNSET
    ssh_proxy_host: Name | UnsetType | None = UNSET
    ssh_scan_dc: bool | UnsetType = UNSET
    record_audio: bool | UnsetType = UNSET
    proxy_auto_connect: bool | UnsetType = UNSET
    record: bool | UnsetType = UNSET
    approval_type_required: ApprovalType | UnsetType = UNSET
    approval_workflow_id: UUID | UnsetType | None = UNSET
    monitor_entire_session: bool | UnsetType = UNSET
    allow_view_password: bool | UnsetType = UNSET
    allow_password_access: bool | UnsetType = UNSET
    allow_autofill_password: bool | UnsetType = UNSET
    leave_in_group: bool | UnsetType = UNSET
    activity_token_complexity: UUID | UnsetType | None = UNSET
    clear_website_data_after_stop: bool | UnsetType = UNSET
    clear_website_data_before_start: bool | UnsetType = UNSET
    notes_required: bool | UnsetType = UNSET
    ticket_required: bool | UnsetType = UNSET
    view_password_in_seconds: Number | UnsetType | None = UNSET
    approved_workflow_email_template_id: UUID | UnsetType | None = UNSET
    notify_approvers_workflow_email_template_id: UUID | UnsetType | None = UNSET
    approval_workflow_email_template_id: UUID | UnsetType | None = UNSET


class IpAddressRule(Out):
    """From where sessions may be asked for and used. A rule that denies wins."""

    address: str = ""
    allowed: bool = False
    type: IpAddressRuleType = IpAddressRuleType.STANDARD


class IpAddressRuleIn(In):
    address: Annotated[str, Meta(max_length=100)]
    allowed: bool = True
    type: IpAddressRuleType = IpAddressRuleType.STANDARD


class AccessWindow(Out):
    """When sessions may run: days of the week with commas between them, times as HH:MM, an IANA time zone."""

    weekdays: str = ""
    from_time: str = ""
    to_time: str = ""
    time_zone: str = ""


class AccessWindowIn(In):
    weekdays: Annotated[str, Meta(max_length=100)]
    from_time: Annotated[str, Meta(max_length=5)]
    to_time: Annotated[str, Meta(max_length=5)]
    time_zone: Annotated[str, Meta(max_length=64)] = "UTC"


class SshKeyUseView(Out):
    """`off`, `first`, `security_key` or `any`. The contract has no such setting."""

    ssh_key_use: str = ""


class SshKeyUseIn(In):
    ssh_key_use: Name


class ChannelRules(Out):
    """What the SSH gateway carries. Paths and destinations as in docs/ssh.md; the contract has no such setting."""

    shell: bool = False
    command: bool = False
    upload: bool = False
    download: bool = False
    paths: list[str] = field(default_factory=list)
    max_file_bytes: int | None = None
    destinations: list[str] = field(default_factory=list)
    listen: list[str] = field(default_factory=list)
    agent: bool = False
    x11: bool = False
    idle_minutes: int | None = None


Text = Annotated[str, Meta(max_length=1024)]


class ChannelRulesIn(In):
    """What is absent stays."""

    shell: bool | UnsetType = UNSET
    command: bool | UnsetType = UNSET
    upload: bool | UnsetType = UNSET
    download: bool | UnsetType = UNSET
    paths: list[Text] | UnsetType = UNSET
    max_file_bytes: Annotated[int, Meta(ge=0)] | UnsetType | None = UNSET
    destinations: list[Text] | UnsetType = UNSET
    listen: list[Text] | UnsetType = UNSET
    agent: bool | UnsetType = UNSET
    x11: bool | UnsetType = UNSET
    idle_minutes: Number | UnsetType | None = UNSET
