"""/api/v1/Activity: not in the published contract (product.md section G)."""

from __future__ import annotations

from locum.activities import model
from locum.activities.read import activities
from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.activity import Activity
from locum.api.wire.base import at
from locum.api.wire.enums import ActivityLoginType, ActivityType
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission


@operation(
    "Activity.GetAll",
    "GET /api/v1/Activity",
    who=SIGNED_IN,
    permission=Permission.CATALOG_ACTIVITY_READ,
    summary="Every activity, by name, as a bare array",
)
def get_activities(tx: ReadTx, call: Call[None, None, None]) -> list[Activity]:
    return [shown(row) for row in activities(tx)]


def shown(row: model.Activity) -> Activity:
    """An activity as the wire has it. An account made for the session alone is created and deleted by definition."""
    return Activity(
        id=row.id,
        name=row.name,
        description=row.description,
        platform_id=row.platform_id,
        activity_type=ActivityType(row.type),
        login_account=ActivityLoginType(row.login_type),
        create_account=True,
        delete_account=True,
        is_default=row.is_default,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
