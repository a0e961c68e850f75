"""/api/v1/ConnectionProfile: not in the published contract (product.md section G)."""

from __future__ import annotations

from uuid import UUID

from locum.activities import model
from locum.activities.change import set_ssh_key_use
from locum.activities.read import connection_profile_of, connection_profiles
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.connection_profile import ActivityConfiguration, SshKeyUseIn, SshKeyUseView
from locum.api.wire.enums import ActivityConfigurationType, ApprovalType
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
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
        approval_type_required=ApprovalType.ALLOW,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
