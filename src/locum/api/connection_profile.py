"""/api/v1/ConnectionProfile: not in the published contract (product.md section G)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET

from locum.activities import model, profiles
from locum.activities.change import set_ssh_key_use
from locum.activities.custom_fields import CustomField, FieldType
from locum.activities.read import connection_profile_of, connection_profiles, custom_fields_of
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire import connection_profile as wire
from locum.api.wire.base import In, at
from locum.api.wire.connection_profile import (
    ActivityConfiguration,
    ActivityConfigurationIn,
    SshKeyUseIn,
    SshKeyUseView,
)
from locum.api.wire.enums import ActivityConfigurationType, ApprovalType, CustomFieldDataType
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotAvailable
from locum.kit.permissions import Permission


class ProfileId(In):
    connection_profile_id: UUID


@operation(
    "ConnectionProfile.GetAll",
    "GET /api/v1/ConnectionProfile",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_PROFILE_READ,
    summary="Every connection profile, by name, as a bare array",
)
def get_connection_profiles(tx: ReadTx, call: Call[None, None, None]) -> list[ActivityConfiguration]:
    return [shown(row) for row in connection_profiles(tx)]


@operation(
    "ConnectionProfile.GetById",
    "GET /api/v1/ConnectionProfile/{connectionProfileId}",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="One connection profile with its custom fields",
)
def get_connection_profile(tx: ReadTx, call: Call[ProfileId, None, None]) -> ActivityConfiguration:
    return _whole(tx, connection_profile_of(tx, call.params.connection_profile_id))


@operation(
    "ConnectionProfile.Post",
    "POST /api/v1/ConnectionProfile",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(409,),
    audit="connection_profile.created",
    summary="Make a connection profile; what is absent is as usual",
)
def create_profile(tx: Tx, call: Call[None, None, ActivityConfigurationIn]) -> ActivityConfiguration:
    body = call.body
    made = profiles.add_profile(
        tx,
        call.caller.actor,
        name=body.name,
        description=body.description,
        settings=_settings(body),
        fields=_fields(body) or [],
    )
    return _whole(tx, made)


@operation(
    "ConnectionProfile.Put",
    "PUT /api/v1/ConnectionProfile/{connectionProfileId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(404, 409),
    audit="connection_profile.changed",
    summary="Change a connection profile for sessions asked for from now on; what is absent stays",
)
def put_profile(tx: Tx, call: Call[ProfileId, None, ActivityConfigurationIn]) -> ActivityConfiguration:
    body = call.body
    changed = profiles.change_profile(
        tx,
        call.caller.actor,
        call.params.connection_profile_id,
        name=body.name,
        description=body.description,
        settings=_settings(body),
        fields=_fields(body),
    )
    return _whole(tx, changed)


@operation(
    "ConnectionProfile.Delete",
    "DELETE /api/v1/ConnectionProfile/{connectionProfileId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(404, 409),
    audit="connection_profile.deleted",
    summary="Delete a connection profile that no policy or session has; the default one stays",
)
def delete_profile(tx: Tx, call: Call[ProfileId, None, None]) -> None:
    profiles.delete_profile(tx, call.caller.actor, call.params.connection_profile_id)


@operation(
    "ConnectionProfile.GetSshKeyUse",
    "GET /api/locum/v1/ConnectionProfile/{connectionProfileId}/SshKeyUse",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="What a registered SSH key proves for sessions of a connection profile",
)
def get_ssh_key_use(tx: ReadTx, call: Call[ProfileId, None, None]) -> SshKeyUseView:
    return SshKeyUseView(ssh_key_use=connection_profile_of(tx, call.params.connection_profile_id).ssh_key_use)


@operation(
    "ConnectionProfile.SetSshKeyUse",
    "PUT /api/locum/v1/ConnectionProfile/{connectionProfileId}/SshKeyUse",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(404,),
    audit="connection_profile.changed",
    summary="Say what a registered SSH key proves for sessions of a connection profile",
)
def put_ssh_key_use(tx: Tx, call: Call[ProfileId, None, SshKeyUseIn]) -> SshKeyUseView:
    use = _use(call.body.ssh_key_use)
    set_ssh_key_use(tx, call.caller.actor, call.params.connection_profile_id, use)
    return SshKeyUseView(ssh_key_use=use)


def _use(word: str) -> model.SshKeyUse:
    try:
        return model.SshKeyUse(word.casefold())
    except ValueError:
        raise Invalid(f"sshKeyUse must be one of {', '.join(model.SshKeyUse)}", field="sshKeyUse") from None


_SETTINGS = {
    "max_session_minutes": "max_session_length",
    "allow_session_extension": "allow_session_extension",
    "session_extension_minutes": "session_extension_minutes",
    "session_extension_count": "session_extension_count",
    "expiration_notice_minutes": "expiration_timeout_threshold",
    "record": "record",
    "approval": "approval_type_required",
    "approval_workflow_id": "approval_workflow_id",
    "allow_view_password": "allow_view_password",
    "allow_password_access": "allow_password_access",
    "view_password_seconds": "view_password_in_seconds",
    "notes_required": "notes_required",
    "ticket_required": "ticket_required",
}
_NOT_YET = (
    *("rdp_proxy_host", "ssh_proxy_host", "ssh_scan_dc", "record_audio", "proxy_auto_connect"),
    *("monitor_entire_session", "allow_autofill_password", "leave_in_group", "activity_token_complexity"),
    *("clear_website_data_after_stop", "clear_website_data_before_start", "session_monitor_interval"),
    *("session_retry_interval", "delete_account"),
)


def _settings(body: ActivityConfigurationIn) -> dict[str, Any]:
    """What the body says, in the room's words. Raises NotAvailable for what no session would keep to."""
    for name in _NOT_YET:
        if getattr(body, name):
            first, *rest = name.split("_")
            raise NotAvailable(f"{first}{''.join(word.capitalize() for word in rest)} is not available yet")
    given = {column: getattr(body, name) for column, name in _SETTINGS.items()}
    return {
        column: value
        for column, value in given.items()
        if value is not UNSET and (value is not None or column == "approval_workflow_id")
    }


def _fields(body: ActivityConfigurationIn) -> list[CustomField] | None:
    if body.custom_fields is None:
        return None
    return [
        CustomField(
            number=one.custom_field_number,
            name=one.name,
            label=one.label,
            description=one.description,
            type=FieldType(one.custom_field_data_type),
            length=one.length or 0,
            options=[word.strip() for word in (one.options or "").split(",") if word.strip()],
            required=one.required,
        )
        for one in body.custom_fields
    ]


def _whole(tx: ReadTx, row: model.ConnectionProfile) -> ActivityConfiguration:
    view = shown(row)
    view.custom_fields = [
        wire.CustomField(
            activity_configuration_id=row.id,
            custom_field_number=one.number,
            name=one.name,
            label=one.label,
            description=one.description,
            options=", ".join(one.options) or None,
            length=one.length or None,
            custom_field_data_type=CustomFieldDataType(one.type),
            required=one.required,
            created_date_time_utc=at(row.created_at),
            modified_date_time_utc=at(row.modified_at),
        )
        for one in custom_fields_of(tx, row.id)
    ]
    return view


def shown(row: model.ConnectionProfile) -> ActivityConfiguration:
    """A connection profile as the wire has it."""
    return ActivityConfiguration(
        id=row.id,
        name=row.name,
        description=row.description,
        type=ActivityConfigurationType.CONNECTION_PROFILE,
        is_default=row.is_default,
        record=row.record,
        max_session_length=row.max_session_minutes,
        allow_session_extension=row.allow_session_extension,
        session_extension_minutes=row.session_extension_minutes,
        session_extension_count=row.session_extension_count,
        expiration_timeout_threshold=row.expiration_notice_minutes,
        approval_type_required=ApprovalType(row.approval),
        approval_workflow_id=row.approval_workflow_id,
        allow_view_password=row.allow_view_password,
        allow_password_access=row.allow_password_access,
        view_password_in_seconds=row.view_password_seconds,
        notes_required=row.notes_required,
        ticket_required=row.ticket_required,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
