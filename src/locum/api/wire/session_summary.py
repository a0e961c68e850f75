"""One row of the session lists."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.activity_session import ProxySession
from locum.api.wire.base import Out, Time
from locum.api.wire.enums import (
    AccountType,
    ActivityType,
    LoginSessionState,
    ManagedResourceType,
    SessionStatus,
    SessionSummaryStatus,
)
from locum.kit.ids import NIL


class SessionSummary(Out):
    __contract__ = "SbPAM.Models.SessionSummary"

    id: UUID = NIL
    host_id: UUID | None = None
    host_display_name: str | None = None
    domain_id: UUID | None = None
    domain_name: str | None = None
    user_id: UUID | None = None
    user_display_name: str | None = None
    target_user_id: UUID | None = None
    target_user_display_name: str | None = None
    can_view_password: bool = False
    can_autofill_password: bool = False
    view_password_in_seconds: int = 0
    record_audio: bool = False
    created_by: UUID | None = None
    managed_account_id: UUID | None = None
    managed_resource_id: UUID | None = None
    managed_resource_name: str | None = None
    managed_resource_os: str | None = None
    managed_resource_display_name: str | None = None
    created_by_display_name: str | None = None
    start_date_time_utc: Time | None = None
    actual_start_date_time_utc: Time | None = None
    end_date_time_utc: Time | None = None
    actual_end_date_time_utc: Time | None = None
    duration_in_seconds: int = 0
    created_date_time_utc: Time | None = None
    expiration_date_time_utc: Time | None = None
    session_status: SessionStatus = SessionStatus.PENDING
    session_status_description: str | None = None
    status: SessionSummaryStatus = SessionSummaryStatus.UNKNOWN
    status_message: str | None = None
    login_date_time_utc: Time | None = None
    login_session_state: LoginSessionState = LoginSessionState.INACTIVE
    activity_name: str | None = None
    activity_id: UUID | None = None
    activity_type: ActivityType = ActivityType.INTERACTIVE
    connection_uri: str | None = None
    platform_id: UUID = NIL
    platform_name: str | None = None
    user_type: AccountType = AccountType.USER
    proxy_sessions: list[ProxySession] | None = None
    access_policy_id: UUID | None = None
    access_policy_name: str | None = None
    note: str | None = None
    ticket: str | None = None
    managed_resource_type: ManagedResourceType = ManagedResourceType.HOST
    target_id: UUID | None = None
    target_name: str | None = None
    login_account_name: str | None = None
    login_display_name: str | None = None
    website_id: UUID | None = None
    azure_ad_tenant_id: UUID | None = None
    vault_id: UUID | None = None
    managed_database_id: UUID | None = None
    locked: bool = False
    allow_session_extension: bool = False
    session_extension_count: int = 0
    session_extension_minutes: int = 0
    expiration_timeout_threshold: int = 0
