"""/api/v1/ConnectionProfile: not in the published contract (product.md section G)."""

from __future__ import annotations

from locum.activities import model
from locum.activities.read import connection_profiles
from locum.api.context import Call
from locum.api.guards import ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.base import at
from locum.api.wire.connection_profile import ActivityConfiguration
from locum.api.wire.enums import ActivityConfigurationType, ApprovalType
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission


@operation(
    "ConnectionProfile.GetAll",
    "GET /api/v1/ConnectionProfile",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_PROFILE_READ,
    summary="Every connection profile, by name, as a bare array",
)
def get_connection_profiles(tx: ReadTx, call: Call[None, None, None]) -> list[ActivityConfiguration]:
    return [shown(row) for row in connection_profiles(tx)]


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
