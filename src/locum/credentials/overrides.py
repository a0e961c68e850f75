"""Override policies: other schedules than the platform's, for listed credentials or resources (CRED-10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials import members
from locum.credentials.effective import is_of_platform, is_under, look_again, platform_of
from locum.credentials.elsewhere import platform, resource
from locum.credentials.members import CREDENTIALS_OF_OVERRIDE, RESOURCES_OF_OVERRIDE, Member, Membership
from locum.credentials.model import OverridePolicy, credential, managed_user, override_policy, schedule
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.named import free_name, known, name_kept
from locum.kit.paging import Listed, Page

_WORD = "override policy"
_COLUMNS = [override_policy.c[name] for name in OverridePolicy.__struct_fields__]
SCHEDULES = {
    "rotation_schedule_id": "rotateScheduleId",
    "verification_schedule_id": "verifyScheduleId",
    "scan_schedule_id": "scanScheduleId",
    "protection_schedule_id": "protectScheduleId",
}
_OF_RESOURCES_ONLY = ("scan_schedule_id", "protection_schedule_id")


class OverrideType(IntEnum):
    """Numbers of the contract's OverridePolicyType."""

    CREDENTIAL = 0
    RESOURCE = 1


def tie_of(held: OverridePolicy) -> Membership:
    """What may be its members."""
    return CREDENTIALS_OF_OVERRIDE if held.type == OverrideType.CREDENTIAL else RESOURCES_OF_OVERRIDE


def overrides(tx: ReadTx) -> list[OverridePolicy]:
    """Every override policy, by name."""
    return tx.rows(OverridePolicy, sa.select(*_COLUMNS).order_by(override_policy.c.name_key))


def override_of(tx: ReadTx, override_id: UUID) -> OverridePolicy:
    """One override policy. Raises NotFound."""
    found = tx.first(OverridePolicy, sa.select(*_COLUMNS).where(override_policy.c.id == override_id))
    if found is None:
        raise NotFound("there is no override policy with this id")
    return found


def add_override(
    tx: Tx,
    actor: Actor,
    *,
    name: str | None,
    description: str | None = None,
    type: OverrideType,
    platform_id: UUID | None,
    schedules: Mapping[str, UUID | None],
) -> OverridePolicy:
    """Make an override policy without members. Raises Invalid, and Conflict for a taken name."""
    if platform_id is None:
        raise Invalid("platformId must name a platform", field="platformId")
    known(tx, platform.c.id, "platform", {"platformId": platform_id})
    _check(tx, type, schedules)
    override_id = new_id()
    named = free_name(tx, override_policy, name, _WORD)
    row = {
        **named,
        **schedules,
        "description": description or None,
        "id": override_id,
        "type": type,
        "platform_id": platform_id,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    with name_kept(_WORD):
        tx.add(override_policy, **row)
    _audit(tx, actor, "override_policy.created", override_id, named["name"])
    return override_of(tx, override_id)


def change_override(
    tx: Tx,
    actor: Actor,
    override_id: UUID,
    *,
    name: str | None = None,
    description: str | None = None,
    schedules: Mapping[str, UUID | None],
) -> OverridePolicy:
    """Change what is given; a schedule of None is none. Its members are looked at again. Raises NotFound besides."""
    held = override_of(tx, override_id)
    _check(tx, OverrideType(held.type), schedules)
    values: dict[str, Any] = dict(schedules)
    if name is not None:
        values |= free_name(tx, override_policy, name, _WORD, but=override_id)
    if description is not None:
        values["description"] = description or None
    fields = sorted(field for field, value in values.items() if value != getattr(held, field))
    if not fields:
        return held
    change = sa.update(override_policy).where(override_policy.c.id == override_id)
    with name_kept(_WORD):
        tx.run(change.values(**values, modified_at=tx.now))
    if SCHEDULES.keys() & set(fields):
        look_again(tx, is_under(override_id))
    changed = override_of(tx, override_id)
    _audit(tx, actor, "override_policy.changed", override_id, changed.name, fields=", ".join(fields))
    return changed


def delete_override(tx: Tx, actor: Actor, override_id: UUID) -> None:
    """Delete an override policy: its members go by their platform again. Raises NotFound."""
    held = override_of(tx, override_id)
    look_again(tx, is_under(override_id))
    tx.run(sa.delete(override_policy).where(override_policy.c.id == override_id))
    _audit(tx, actor, "override_policy.deleted", override_id, held.name)


def add_members(tx: Tx, actor: Actor, override_id: UUID, ids: Collection[UUID]) -> int:
    """Put credentials or resources, as its type says, under an override policy; answers how many were not.

    Raises NotFound, Invalid for one that does not exist or is on another platform, and Conflict for one that is under
    another override policy.
    """
    held = override_of(tx, override_id)
    tie = tie_of(held)
    wanted = members.checked(ids)
    elsewhere = (
        sa.select(override_policy.c.name)
        .join(tie.owner.table, tie.owner == override_policy.c.id)
        .where(tie.member.in_(wanted), tie.owner != override_id)
    )
    other = tx.scalar(elsewhere.order_by(override_policy.c.name).limit(1))
    if other is not None:
        raise Conflict(f"one of the ids is under the override policy “{other}” already")
    _check_platform(tx, held, wanted)
    added = members.add(tx, actor, tie, override_id, held.name, wanted)
    look_again(tx, _among(held, wanted))
    return len(added)


def candidates(tx: ReadTx, override_id: UUID, page: Page) -> Listed[Member]:
    """One page of what could be put under an override policy: of its platform, and under none. Raises NotFound."""
    held = override_of(tx, override_id)
    tie = tie_of(held)
    if held.type == OverrideType.CREDENTIAL:
        own = platform_of().with_only_columns(credential.c.id).where(is_of_platform(held.platform_id))
    else:
        own = sa.select(resource.c.id).where(resource.c.platform_id == held.platform_id)
    return members.others(tx, tie, tie.things.c.id.in_(own), page)


def remove_members(tx: Tx, actor: Actor, override_id: UUID, ids: Collection[UUID]) -> int:
    """Take members from under an override policy; answers how many were. Raises NotFound."""
    held = override_of(tx, override_id)
    removed = members.remove(tx, actor, tie_of(held), override_id, held.name, ids)
    look_again(tx, _among(held, {member.id for member in removed}))
    return len(removed)


def _check(tx: ReadTx, kind: OverrideType, schedules: Mapping[str, UUID | None]) -> None:
    if kind is OverrideType.CREDENTIAL:
        for column in _OF_RESOURCES_ONLY:
            if schedules.get(column) is not None:
                field = SCHEDULES[column]
                raise Invalid(f"{field} goes with type 1 (Resource): a credential is not scanned", field=field)
    wanted = {field: schedules.get(column) for column, field in SCHEDULES.items()}
    known(tx, schedule.c.id, "schedule", wanted)


def _check_platform(tx: ReadTx, held: OverridePolicy, ids: Collection[UUID]) -> None:
    if held.type == OverrideType.CREDENTIAL:
        strange = platform_of().where(credential.c.id.in_(ids))
    else:
        strange = sa.select(resource.c.platform_id).where(resource.c.id.in_(ids))
    if set(tx.scalars(strange.distinct())) - {held.platform_id}:
        raise Invalid("one of the ids is not on the platform of this override policy")


def _among(held: OverridePolicy, ids: Collection[UUID]) -> sa.ColumnElement[bool]:
    column = credential.c.id if held.type == OverrideType.CREDENTIAL else managed_user.c.resource_id
    return column.in_(ids)


def _audit(tx: Tx, actor: Actor, action: str, override_id: UUID, name: str, **more: str) -> None:
    audit.record(
        tx, actor, action, object_kind="override_policy", object_id=override_id, detail={"name": name, **more}
    )
