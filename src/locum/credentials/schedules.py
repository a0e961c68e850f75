"""The schedules administrators make: one is used by rotation, verification and scans of many things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.effective import look_again, uses_schedule
from locum.credentials.elsewhere import platform
from locum.credentials.model import Schedule, credential, managed_user, override_policy, schedule
from locum.credentials.schedule import Timing, check_timing
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.kit.named import Use, free_name, name_kept, unused

_WORD = "schedule"
_COLUMNS = [schedule.c[name] for name in Schedule.__struct_fields__]
_TIMING = Timing.__struct_fields__
_PLACES = ("rotation_schedule_id", "verification_schedule_id", "scan_schedule_id", "protection_schedule_id")
_login = sa.select(credential.c.username).where(credential.c.id == managed_user.c.credential_id).scalar_subquery()
_USES = (
    Use("platform", platform.c.name, tuple(platform.c[name] for name in _PLACES)),
    Use("override policy", override_policy.c.name, tuple(override_policy.c[name] for name in _PLACES)),
    Use("credential", _login, (managed_user.c.verification_schedule_id,)),
)
_NEW = Timing(frequency=0, period=1, days_of_week=None, day_of_month=None, local_time=None, time_zone="UTC")


def schedules(tx: ReadTx) -> list[Schedule]:
    """Every schedule, by name."""
    return tx.rows(Schedule, sa.select(*_COLUMNS).order_by(schedule.c.name_key))


def schedule_of(tx: ReadTx, schedule_id: UUID) -> Schedule:
    """One schedule. Raises NotFound."""
    found = tx.first(Schedule, sa.select(*_COLUMNS).where(schedule.c.id == schedule_id))
    if found is None:
        raise NotFound("there is no schedule with this id")
    return found


def add_schedule(
    tx: Tx, actor: Actor, *, name: str | None, description: str | None = None, timing: Mapping[str, Any]
) -> Schedule:
    """Make a schedule; `timing` holds fields of Timing. Raises Invalid, and Conflict for a taken name."""
    checked = check_timing(msgspec.structs.replace(_NEW, **timing))
    schedule_id = new_id()
    row = {
        **msgspec.structs.asdict(checked),
        **free_name(tx, schedule, name, _WORD),
        "description": description or None,
        "id": schedule_id,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    with name_kept(_WORD):
        tx.add(schedule, **row)
    _audit(tx, actor, "schedule.created", schedule_id, row["name"])
    return schedule_of(tx, schedule_id)


def change_schedule(
    tx: Tx,
    actor: Actor,
    schedule_id: UUID,
    *,
    name: str | None = None,
    description: str | None = None,
    timing: Mapping[str, Any],
) -> Schedule:
    """Change what is given; everything that goes by the schedule is looked at again. Raises NotFound besides."""
    held = schedule_of(tx, schedule_id)
    before = {field: getattr(held, field) for field in _TIMING}
    after = msgspec.structs.asdict(check_timing(Timing(**{**before, **timing})))
    values: dict[str, Any] = dict(after)
    if name is not None:
        values |= free_name(tx, schedule, name, _WORD, but=schedule_id)
    if description is not None:
        values["description"] = description or None
    fields = sorted(field for field, value in values.items() if value != getattr(held, field))
    if not fields:
        return held
    with name_kept(_WORD):
        tx.run(sa.update(schedule).where(schedule.c.id == schedule_id).values(**values, modified_at=tx.now))
    if after != before:
        look_again(tx, uses_schedule(schedule_id))
    _audit(tx, actor, "schedule.changed", schedule_id, values.get("name", held.name), fields=", ".join(fields))
    return schedule_of(tx, schedule_id)


def delete_schedule(tx: Tx, actor: Actor, schedule_id: UUID) -> None:
    """Delete a schedule. Raises NotFound, and Conflict that says by what it is used."""
    held = schedule_of(tx, schedule_id)
    with unused(tx, schedule_id, _WORD, _USES):
        tx.run(sa.delete(schedule).where(schedule.c.id == schedule_id))
    _audit(tx, actor, "schedule.deleted", schedule_id, held.name)


def _audit(tx: Tx, actor: Actor, action: str, schedule_id: UUID, name: str, **more: str) -> None:
    audit.record(tx, actor, action, object_kind="schedule", object_id=schedule_id, detail={"name": name, **more})
