"""Platforms: their schedules and complexity (PLAT-02), copies of those that came with Locum (PLAT-01)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.named import Use, known, unused
from locum.kit.names import checked_name
from locum.resources.model import Platform, platform, resource

RULES = {
    "complexity_id": "passwordComplexityPolicyId",
    "rotation_schedule_id": "scheduledChangePolicyId",
    "verification_schedule_id": "verificationScheduleId",
    "scan_schedule_id": "scanScheduleId",
    "protection_schedule_id": "protectionPolicyScheduleId",
}
"""What a platform points to, by the contract's names."""

_WORD = "platform"
_TAKEN = "there is a platform of this name already"
_COLUMNS = [platform.c[name] for name in Platform.__struct_fields__]


def _pointing(table: str, name: str) -> Use:
    """Rows of another room's table that stand on a platform: rooms side by side do not import each other."""
    rows = sa.table(table, sa.column(name, sa.String), sa.column("platform_id", sa.Uuid))
    return Use(table.replace("_", " "), rows.c[name], (rows.c.platform_id,))


_copy = platform.alias()
_USES = (
    Use("resource", resource.c.name, (resource.c.platform_id,)),
    Use("platform", _copy.c.name, (_copy.c.base_platform_id,)),
    _pointing("credential", "username"),
    _pointing("activity", "name"),
    _pointing("override_policy", "name"),
)
_schedule = sa.table("schedule", sa.column("id", sa.Uuid))
_complexity = sa.table("password_complexity", sa.column("id", sa.Uuid), sa.column("type", sa.Integer))
_PASSWORD = 0


def platforms(tx: ReadTx) -> list[Platform]:
    """Every platform, by name."""
    return tx.rows(Platform, sa.select(*_COLUMNS).order_by(platform.c.name))


def platform_of(tx: ReadTx, platform_id: UUID) -> Platform:
    """One platform. Raises NotFound."""
    found = tx.first(Platform, sa.select(*_COLUMNS).where(platform.c.id == platform_id))
    if found is None:
        raise NotFound("there is no platform with this id")
    return found


def copy_platform(
    tx: Tx,
    actor: Actor,
    base_id: UUID | None,
    *,
    name: str | None,
    description: str | None = None,
    built_in_account: str | None = None,
    reset_on_mismatch: bool | None = None,
    rules: Mapping[str, UUID | None],
) -> Platform:
    """Make a platform that is spoken to as its base is; what is not given is the base's.

    Raises Invalid, and Conflict for a taken name.
    """
    if base_id is None:
        raise Invalid("basePlatformId must name the platform to copy", field="basePlatformId")
    known(tx, platform.c.id, "platform", {"basePlatformId": base_id})
    base = platform_of(tx, base_id)
    _check_rules(tx, rules)
    platform_id = new_id()
    row = {
        **{column: getattr(base, column) for column in (*RULES, "connector", "type", "icon")},
        **rules,
        "id": platform_id,
        "name": _free_name(tx, name, None),
        "description": description or base.description,
        "built_in_account": _account(built_in_account) or base.built_in_account,
        "base_platform_id": base.base_platform_id or base.id,
        "permanent": False,
        "reset_on_mismatch": base.reset_on_mismatch if reset_on_mismatch is None else reset_on_mismatch,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    try:
        tx.add(platform, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(_TAKEN) from error
    made = platform_of(tx, platform_id)
    _audit(tx, actor, "platform.created", made)
    return made


def change_platform(
    tx: Tx,
    actor: Actor,
    platform_id: UUID,
    *,
    name: str | None = None,
    description: str | None = None,
    built_in_account: str | None = None,
    reset_on_mismatch: bool | None = None,
    rules: Mapping[str, UUID | None],
) -> Platform:
    """Change what is given; a rule of None is none. Raises what `copy_platform` raises, and NotFound.

    A platform that came with Locum keeps its name, by which it is known to be there. Whoever calls has the credentials
    of the platform looked at again.
    """
    held = platform_of(tx, platform_id)
    _check_rules(tx, rules)
    values: dict[str, Any] = dict(rules)
    if name is not None and name != held.name:
        if held.permanent:
            raise Conflict("a platform that came with Locum keeps its name: make a copy")
        values["name"] = _free_name(tx, name, platform_id)
    if description is not None:
        values["description"] = description or None
    if built_in_account is not None:
        values["built_in_account"] = _account(built_in_account)
    if reset_on_mismatch is not None:
        values["reset_on_mismatch"] = reset_on_mismatch
    fields = sorted(field for field, value in values.items() if value != getattr(held, field))
    if not fields:
        return held
    try:
        tx.run(sa.update(platform).where(platform.c.id == platform_id).values(**values, modified_at=tx.now))
    except IntegrityError as error:
        raise Conflict(_TAKEN) from error
    changed = platform_of(tx, platform_id)
    _audit(tx, actor, "platform.changed", changed, fields=", ".join(fields))
    return changed


def delete_platform(tx: Tx, actor: Actor, platform_id: UUID) -> None:
    """Delete a copy. Raises NotFound, and Conflict for one that came with Locum or is used, with by what."""
    held = platform_of(tx, platform_id)
    if held.permanent:
        raise Conflict("a platform that came with Locum can't be deleted")
    with unused(tx, platform_id, _WORD, _USES):
        tx.run(sa.delete(platform).where(platform.c.id == platform_id))
    _audit(tx, actor, "platform.deleted", held)


def _check_rules(tx: ReadTx, rules: Mapping[str, UUID | None]) -> None:
    schedules = {RULES[column]: thing for column, thing in rules.items() if column != "complexity_id"}
    known(tx, _schedule.c.id, "schedule", schedules)
    complexity_id = rules.get("complexity_id")
    if complexity_id is None:
        return
    field = RULES["complexity_id"]
    known(tx, _complexity.c.id, "password complexity", {field: complexity_id})
    if tx.scalar(sa.select(_complexity.c.type).where(_complexity.c.id == complexity_id)) != _PASSWORD:
        raise Invalid(f"{field} names a complexity for names of accounts, not for passwords", field=field)


def _free_name(tx: ReadTx, name: str | None, platform_id: UUID | None) -> str:
    """Names of platforms are found as they are written, so only their case is forgiven."""
    shown = checked_name(name, field="name")
    holders = tx.scalars(sa.select(platform.c.id).where(sa.func.lower(platform.c.name) == shown.lower()))
    if set(holders) - {platform_id}:
        raise Conflict(_TAKEN)
    return shown


def _account(name: str | None) -> str | None:
    return checked_name(name, field="builtInAccount") if name else None


def _audit(tx: Tx, actor: Actor, action: str, about: Platform, **more: str) -> None:
    detail = {"platform": about.name, **more}
    audit.record(tx, actor, action, object_kind="platform", object_id=about.id, detail=detail)
