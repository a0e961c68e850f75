"""/api/v1/Platform: not in the published contract, but every client starts here (product.md section G)."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET

from locum.api import password_complexity, scheduled_change_policy
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP, SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.enums import PlatformType
from locum.api.wire.platform import Platform, PlatformIn
from locum.credentials.complexities import complexity_of
from locum.credentials.effective import is_of_platform, look_again
from locum.credentials.schedules import schedule_of
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.resources import model, platforms

_RULES = {
    "complexity_id": "password_complexity_policy_id",
    "rotation_schedule_id": "scheduled_change_policy_id",
    "verification_schedule_id": "verification_schedule_id",
    "scan_schedule_id": "scan_schedule_id",
    "protection_schedule_id": "protection_policy_schedule_id",
}


class PlatformId(In):
    platform_id: UUID


@operation(
    "Platform.GetAll",
    "GET /api/v1/Platform",
    who=SIGNED_IN,
    permission=Permission.CATALOG_PLATFORM_READ,
    summary="Every platform, by name, as a bare array",
)
def get_platforms(tx: ReadTx, call: Call[None, None, None]) -> list[Platform]:
    return [shown(row) for row in platforms.platforms(tx)]


@operation(
    "Platform.GetById",
    "GET /api/v1/Platform/{platformId}",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_PLATFORM_READ,
    problems=(404,),
    summary="One platform with its schedules and its password complexity",
)
def get_platform(tx: ReadTx, call: Call[PlatformId, None, None]) -> Platform:
    return _whole(tx, platforms.platform_of(tx, call.params.platform_id))


@operation(
    "Platform.Post",
    "POST /api/v1/Platform",
    who=ADMIN,
    permission=Permission.CATALOG_PLATFORM_MANAGE,
    problems=(409,),
    audit="platform.created",
    summary="Copy the platform that basePlatformId names (PLAT-01)",
)
def create_platform(tx: Tx, call: Call[None, None, PlatformIn]) -> Platform:
    body = call.body
    made = platforms.copy_platform(
        tx,
        call.caller.actor,
        body.base_platform_id,
        name=body.name,
        description=body.description,
        built_in_account=body.built_in_account,
        reset_on_mismatch=body.reset_on_mismatch,
        rules=_rules(body),
    )
    return _whole(tx, made)


@operation(
    "Platform.Put",
    "PUT /api/v1/Platform/{platformId}",
    who=ADMIN,
    permission=Permission.CATALOG_PLATFORM_MANAGE,
    problems=(404, 409),
    audit="platform.changed",
    summary="Change a platform's schedules, complexity and reset on mismatch; what is absent stays (PLAT-02)",
)
def put_platform(tx: Tx, call: Call[PlatformId, None, PlatformIn]) -> Platform:
    body = call.body
    rules = _rules(body)
    changed = platforms.change_platform(
        tx,
        call.caller.actor,
        call.params.platform_id,
        name=body.name,
        description=body.description,
        built_in_account=body.built_in_account,
        reset_on_mismatch=body.reset_on_mismatch,
        rules=rules,
    )
    if rules:
        look_again(tx, is_of_platform(changed.id))
    return _whole(tx, changed)


@operation(
    "Platform.Delete",
    "DELETE /api/v1/Platform/{platformId}",
    who=ADMIN,
    permission=Permission.CATALOG_PLATFORM_MANAGE,
    problems=(404, 409),
    audit="platform.deleted",
    summary="Delete a copy that nothing uses; what came with Locum stays",
)
def delete_platform(tx: Tx, call: Call[PlatformId, None, None]) -> None:
    platforms.delete_platform(tx, call.caller.actor, call.params.platform_id)


def shown(row: model.Platform) -> Platform:
    """A platform as the wire has it in lists."""
    return Platform(
        id=row.id,
        name=row.name,
        description=row.description,
        built_in_account=row.built_in_account,
        password_complexity_policy_id=row.complexity_id,
        scheduled_change_policy_id=row.rotation_schedule_id,
        protection_policy_schedule_id=row.protection_schedule_id,
        scan_schedule_id=row.scan_schedule_id,
        verification_schedule_id=row.verification_schedule_id,
        reset_on_mismatch=row.reset_on_mismatch,
        base_platform_id=row.base_platform_id,
        type=PlatformType(row.type),
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _whole(tx: ReadTx, row: model.Platform) -> Platform:
    view = shown(row)
    if row.complexity_id is not None:
        view.password_complexity_policy = password_complexity.shown(complexity_of(tx, row.complexity_id))
    for name, schedule_id in (
        ("scheduled_change_policy", row.rotation_schedule_id),
        ("protection_policy_schedule", row.protection_schedule_id),
        ("scan_schedule", row.scan_schedule_id),
        ("verification_schedule", row.verification_schedule_id),
    ):
        if schedule_id is not None:
            setattr(view, name, scheduled_change_policy.shown(schedule_of(tx, schedule_id)))
    return view


def _rules(body: PlatformIn) -> dict[str, UUID | None]:
    """The schedules and complexity that the body names or takes away, in the room's words."""
    given = {column: getattr(body, name) for column, name in _RULES.items()}
    return {column: thing for column, thing in given.items() if thing is not UNSET}
