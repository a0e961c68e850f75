"""/api/v1/ConnectionProfile: not in the published contract (product.md section G)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import UNSET

from locum.activities import access_windows, ip_rules, model, profiles
from locum.activities.change import set_ssh_key_use
from locum.activities.profile_settings import NEW
from locum.activities.read import (
    all_custom_fields,
    channel_rules_of,
    connection_profile_of,
    connection_profiles,
    custom_fields_of,
    ip_rules_of,
    windows_of,
)
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.profile_view import changes_of, fields_of, shown
from locum.api.wire.base import In
from locum.api.wire.connection_profile import (
    AccessWindow,
    AccessWindowIn,
    ActivityConfiguration,
    ActivityConfigurationIn,
    ChannelRules,
    ChannelRulesIn,
    IpAddressRule,
    IpAddressRuleIn,
    SshKeyUseIn,
    SshKeyUseView,
)
from locum.credentials.model import password_complexity
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.named import known
from locum.kit.permissions import Permission
from locum.policies.delete_profile import delete_profile
from locum.policies.workflow_model import approval_workflow


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
    fields = all_custom_fields(tx)
    return [shown(row, fields.get(row.id, ())) for row in connection_profiles(tx)]


@operation(
    "ConnectionProfile.GetById",
    "GET /api/v1/ConnectionProfile/{connectionProfileId}",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="One connection profile with its custom fields",
)
def get_connection_profile(tx: ReadTx, call: Call[ProfileId, None, None]) -> ActivityConfiguration:
    return _view(tx, connection_profile_of(tx, call.params.connection_profile_id, deleted_too=False))


@operation(
    "ConnectionProfile.Post",
    "POST /api/v1/ConnectionProfile",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 409),
    audit="connection_profile.created",
    summary="Make a connection profile (CP-01); what is absent is recorded, one hour, without questions",
)
def create_connection_profile(tx: Tx, call: Call[None, None, ActivityConfigurationIn]) -> ActivityConfiguration:
    changes = _known(tx, changes_of(call.body, NEW))
    made = profiles.add_profile(
        tx,
        call.caller.actor,
        name=call.body.name,
        description=call.body.description,
        settings=msgspec.structs.replace(NEW, **changes),
        fields=fields_of(call.body.custom_fields) or (),
    )
    return _view(tx, made)


@operation(
    "ConnectionProfile.Put",
    "PUT /api/v1/ConnectionProfile/{connectionProfileId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 404, 409),
    audit="connection_profile.changed",
    summary="Change a connection profile; what is absent stays, and custom fields given are all there are then",
)
def put_connection_profile(tx: Tx, call: Call[ProfileId, None, ActivityConfigurationIn]) -> ActivityConfiguration:
    profile_id, body = call.params.connection_profile_id, call.body
    held = connection_profile_of(tx, profile_id, hold=True, deleted_too=False)
    changed = profiles.change_profile(
        tx,
        call.caller.actor,
        profile_id,
        _known(tx, changes_of(body, held)),
        name=body.name,
        description=body.description,
        fields=fields_of(body.custom_fields),
    )
    return _view(tx, changed)


@operation(
    "ConnectionProfile.Delete",
    "DELETE /api/v1/ConnectionProfile/{connectionProfileId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(404, 409),
    audit="connection_profile.deleted",
    summary="Delete a connection profile that no access policy has; the default one stays",
)
def delete_connection_profile(tx: Tx, call: Call[ProfileId, None, None]) -> None:
    delete_profile(tx, call.caller.actor, call.params.connection_profile_id)


@operation(
    "ConnectionProfile.GetAddressRules",
    "GET /api/locum/v1/ConnectionProfile/{connectionProfileId}/AddressRule",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="From where sessions of a connection profile may be asked for and used",
)
def get_address_rules(tx: ReadTx, call: Call[ProfileId, None, None]) -> list[IpAddressRule]:
    held = connection_profile_of(tx, call.params.connection_profile_id, deleted_too=False)
    return [IpAddressRule.from_row(rule) for rule in ip_rules_of(tx, held.id)]


@operation(
    "ConnectionProfile.SetAddressRules",
    "PUT /api/locum/v1/ConnectionProfile/{connectionProfileId}/AddressRule",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 404),
    audit="connection_profile.changed",
    summary="Say from where sessions of a connection profile may be asked for and used; an empty list: anywhere",
)
def put_address_rules(tx: Tx, call: Call[ProfileId, None, list[IpAddressRuleIn]]) -> list[IpAddressRule]:
    rules = [ip_rules.IpRule(rule.address, rule.allowed, int(rule.type)) for rule in call.body]
    kept = profiles.set_ip_rules(tx, call.caller.actor, call.params.connection_profile_id, rules)
    return [IpAddressRule.from_row(rule) for rule in kept]


@operation(
    "ConnectionProfile.GetAccessWindows",
    "GET /api/locum/v1/ConnectionProfile/{connectionProfileId}/AccessWindow",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="When sessions of a connection profile may run",
)
def get_access_windows(tx: ReadTx, call: Call[ProfileId, None, None]) -> list[AccessWindow]:
    held = connection_profile_of(tx, call.params.connection_profile_id, deleted_too=False)
    return [AccessWindow.from_row(window) for window in windows_of(tx, held.id)]


@operation(
    "ConnectionProfile.SetAccessWindows",
    "PUT /api/locum/v1/ConnectionProfile/{connectionProfileId}/AccessWindow",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 404),
    audit="connection_profile.changed",
    summary="Say when sessions of a connection profile may run; an empty list: at any time",
)
def put_access_windows(tx: Tx, call: Call[ProfileId, None, list[AccessWindowIn]]) -> list[AccessWindow]:
    windows = [
        access_windows.AccessWindow(one.weekdays, one.from_time, one.to_time, one.time_zone) for one in call.body
    ]
    kept = profiles.set_windows(tx, call.caller.actor, call.params.connection_profile_id, windows)
    return [AccessWindow.from_row(window) for window in kept]


@operation(
    "ConnectionProfile.GetChannelRules",
    "GET /api/locum/v1/ConnectionProfile/{connectionProfileId}/ChannelRules",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="What the SSH gateway carries in sessions of a connection profile",
)
def get_channel_rules(tx: ReadTx, call: Call[ProfileId, None, None]) -> ChannelRules:
    held = connection_profile_of(tx, call.params.connection_profile_id, deleted_too=False)
    return ChannelRules.from_row(channel_rules_of(tx, held.id))


@operation(
    "ConnectionProfile.SetChannelRules",
    "PUT /api/locum/v1/ConnectionProfile/{connectionProfileId}/ChannelRules",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 404),
    audit="connection_profile.changed",
    summary="Say what the SSH gateway carries: shells, commands, files, forwarded connections; what is absent stays",
)
def put_channel_rules(tx: Tx, call: Call[ProfileId, None, ChannelRulesIn]) -> ChannelRules:
    given = {name: getattr(call.body, name) for name in call.body.__struct_fields__}
    changes = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not UNSET
    }
    kept = profiles.set_channel_rules(tx, call.caller.actor, call.params.connection_profile_id, changes)
    return ChannelRules.from_row(kept)


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


def _known(tx: Tx, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, whose complexity and workflow exist. Raises Invalid, naming the field."""
    known(
        tx,
        password_complexity.c.id,
        "password complexity",
        {"activityTokenComplexity": changes.get("token_complexity_id")},
    )
    workflows = sa.select(approval_workflow.c.id).where(approval_workflow.c.deleted_at.is_(None)).subquery()
    known(tx, workflows.c.id, "approval workflow", {"approvalWorkflowId": changes.get("approval_workflow_id")})
    return changes


def _view(tx: ReadTx, row: model.ConnectionProfile) -> ActivityConfiguration:
    return shown(row, custom_fields_of(tx, row.id))
