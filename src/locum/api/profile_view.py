"""How the contract shows connection profiles and their settings, and what a caller's body makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from locum.activities import custom_fields, model
from locum.activities.profile_settings import Settings
from locum.api.wire.base import at
from locum.api.wire.connection_profile import (
    ActivityConfiguration,
    ActivityConfigurationIn,
    ActivityConfigurationSetting,
    CustomField,
    CustomFieldIn,
)
from locum.api.wire.enums import (
    ActivityConfigurationSettingType,
    ActivityConfigurationType,
    ApprovalType,
    CustomFieldDataType,
)
from locum.kit.errors import Invalid
from locum.kit.ids import NIL

_OTHER_WORDS = {
    "max_session_minutes": "max_session_length",
    "expiration_notice_minutes": "expiration_timeout_threshold",
    "approval_type": "approval_type_required",
    "monitor_interval": "session_monitor_interval",
    "view_password_seconds": "view_password_in_seconds",
    "token_complexity_id": "activity_token_complexity",
    "clear_website_before": "clear_website_data_before_start",
    "clear_website_after": "clear_website_data_after_stop",
}
_WIRE = {name: _OTHER_WORDS.get(name, name) for name in Settings.__struct_fields__}
_TYPES = dict(zip(Settings.__struct_fields__, msgspec.structs.fields(Settings), strict=True))


def _key(name: str) -> str:
    head, *rest = _WIRE[name].split("_")
    return head + "".join(map(str.title, rest))


_BY_KEY = {_key(name).casefold(): name for name in _WIRE}


def shown(row: model.ConnectionProfile, fields: Sequence[custom_fields.CustomField] = ()) -> ActivityConfiguration:
    """A connection profile as the wire has it: each setting by name, and again as a row of keys and values."""
    flat: dict[str, Any] = {wire: getattr(row, name) for name, wire in _WIRE.items()}
    return ActivityConfiguration(
        **{**flat, "approval_type_required": ApprovalType(row.approval_type)},
        id=row.id,
        name=row.name,
        description=row.description,
        type=ActivityConfigurationType.CONNECTION_PROFILE,
        is_default=row.is_default,
        is_deleted=row.is_deleted,
        activity_configuration_settings=[_setting(row, name) for name in _WIRE],
        custom_fields=[_custom_field(row, field) for field in fields],
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _setting(row: model.ConnectionProfile, name: str) -> ActivityConfigurationSetting:
    value = getattr(row, name)
    return ActivityConfigurationSetting(
        name=_key(name),
        key=_key(name),
        value=None if value is None else str(value).lower() if isinstance(value, bool) else str(value),
        type=_setting_type(_TYPES[name].type),
        activity_configuration_id=row.id,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _setting_type(kind: Any) -> ActivityConfigurationSettingType:
    if kind is bool:
        return ActivityConfigurationSettingType.BOOLEAN
    for one, shown_as in (
        (int, ActivityConfigurationSettingType.UNSIGNED_INTEGER),
        (UUID, ActivityConfigurationSettingType.GUID),
    ):
        if kind in (one, one | None):
            return shown_as
    return ActivityConfigurationSettingType.STRING


def custom_field_view(field: custom_fields.CustomField) -> CustomField:
    """One question, as its profile and the cards of who may ask have it."""
    return CustomField(
        activity_configuration_id=field.profile_id,
        custom_field_number=field.number,
        name=field.name,
        label=field.label,
        description=field.description,
        options=field.options,
        length=field.length,
        custom_field_data_type=CustomFieldDataType(field.type),
        required=field.required,
    )


def _custom_field(row: model.ConnectionProfile, field: custom_fields.CustomField) -> CustomField:
    view = custom_field_view(field)
    view.created_date_time_utc, view.modified_date_time_utc = at(row.created_at), at(row.modified_at)
    return view


def changes_of(body: ActivityConfigurationIn, held: Settings) -> dict[str, Any]:
    """What the body makes different from `held`, by our words.

    A setting stands in a view twice, by its name and in the list of keys and values. Of a view sent back the one
    that was changed counts. Raises Invalid where both were, to different values, and for an unknown key.
    """
    named = {name: _plain(getattr(body, wire)) for name, wire in _WIRE.items() if getattr(body, wire) is not UNSET}
    keyed: dict[str, Any] = {}
    for setting in body.activity_configuration_settings or ():
        name = _BY_KEY.get(setting.key.casefold())
        if name is None:
            raise Invalid(
                "there is no such setting of a connection profile", field="activityConfigurationSettings"
            )
        keyed[name] = _read(name, setting.value)
    by_name = {name: value for name, value in named.items() if value != getattr(held, name)}
    by_key = {name: value for name, value in keyed.items() if value != getattr(held, name)}
    for name in by_name.keys() & by_key.keys():
        if by_name[name] != by_key[name]:
            raise Invalid(f"{_key(name)} is given twice, with different values", field=_key(name))
    return by_name | by_key


def _plain(value: Any) -> Any:
    """Nothing for an empty text and the zero id, as everywhere in the contract (SES-01)."""
    if isinstance(value, ApprovalType):
        return int(value)
    return None if value in ("", NIL) else value


def _read(name: str, text: str | None) -> Any:
    try:
        value = None if not text else msgspec.convert(text.strip(), _TYPES[name].type, strict=False)
        return msgspec.convert(_plain(value), _TYPES[name].type)
    except msgspec.ValidationError:
        raise Invalid(f"the value of {_key(name)} is none of its type", field=_key(name)) from None


def fields_of(given: Sequence[CustomFieldIn] | None) -> list[custom_fields.CustomField] | None:
    """The custom fields of a body; one without a number has that of its place."""
    if given is None:
        return None
    return [
        custom_fields.CustomField(
            profile_id=NIL,
            number=one.custom_field_number or place,
            name=one.name.strip(),
            label=one.label or None,
            description=one.description or None,
            type=int(one.custom_field_data_type),
            length=one.length,
            required=one.required,
            options=one.options or None,
        )
        for place, one in enumerate(given, 1)
    ]
