"""/api/v1/Platform: not in the published contract, but every client starts here (product.md section G)."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.base import at
from locum.api.wire.platform import Platform
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission
from locum.resources import model
from locum.resources.add import platforms


@operation(
    "Platform.GetAll",
    "GET /api/v1/Platform",
    who=SIGNED_IN,
    permission=Permission.CATALOG_PLATFORM_READ,
    summary="Every platform, by name, as a bare array",
)
def get_platforms(tx: ReadTx, call: Call[None, None, None]) -> list[Platform]:
    return [shown(row) for row in platforms(tx)]


def shown(row: model.Platform) -> Platform:
    """A platform as the wire has it."""
    return Platform(
        id=row.id,
        name=row.name,
        description=row.description,
        built_in_account=row.built_in_account,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
