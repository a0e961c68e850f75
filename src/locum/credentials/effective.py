"""Which rules hold for a credential, from the closest to the widest: its own, its override policy's, its platform's.

An override policy of the credential comes before one of its resource. A rule that a closer place leaves open is the
next one's. Without any schedule nothing is due; without any complexity the default one holds.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.complexity import Complexity
from locum.credentials.elsewhere import platform, resource
from locum.credentials.model import (
    Method,
    credential,
    managed_user,
    override_credential,
    override_policy,
    override_resource,
    password_complexity,
    schedule,
)
from locum.credentials.schedule import Timing
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound


class _Head(msgspec.Struct, frozen=True):
    credential_id: UUID
    platform_id: UUID | None
    reset_on_mismatch: bool
    rotation_schedule_id: UUID | None
    verification_schedule_id: UUID | None
    complexity_id: UUID | None


class Effective(_Head, frozen=True):
    """What holds for one credential. `complexity` is None only where nothing was seeded."""

    rotation: Timing | None
    verification: Timing | None
    complexity: Complexity | None


_rotation, _verification = schedule.alias("rotation_schedule"), schedule.alias("verification_schedule")
_own, _of_resource = override_policy.alias("own_override"), override_policy.alias("resource_override")
_default = sa.select(password_complexity.c.id).where(password_complexity.c.is_default.is_(True)).scalar_subquery()

_rotation_id = sa.func.coalesce(
    _own.c.rotation_schedule_id, _of_resource.c.rotation_schedule_id, platform.c.rotation_schedule_id
)
_verification_id = sa.func.coalesce(
    managed_user.c.verification_schedule_id,
    _own.c.verification_schedule_id,
    _of_resource.c.verification_schedule_id,
    platform.c.verification_schedule_id,
)
_complexity_id = sa.func.coalesce(managed_user.c.complexity_id, platform.c.complexity_id, _default)
_platform_id = sa.func.coalesce(resource.c.platform_id, credential.c.platform_id)

_PLACES = (
    credential.outerjoin(managed_user, managed_user.c.credential_id == credential.c.id)
    .outerjoin(resource, resource.c.id == managed_user.c.resource_id)
    .outerjoin(platform, platform.c.id == _platform_id)
    .outerjoin(override_credential, override_credential.c.credential_id == credential.c.id)
    .outerjoin(_own, _own.c.id == override_credential.c.override_id)
    .outerjoin(override_resource, override_resource.c.resource_id == managed_user.c.resource_id)
    .outerjoin(_of_resource, _of_resource.c.id == override_resource.c.override_id)
)
_PARTS: tuple[tuple[str, sa.FromClause, type[msgspec.Struct]], ...] = (
    ("rotation", _rotation, Timing),
    ("verification", _verification, Timing),
    ("complexity", password_complexity, Complexity),
)
_HEAD = {
    "credential_id": credential.c.id,
    "platform_id": platform.c.id,
    "reset_on_mismatch": sa.func.coalesce(platform.c.reset_on_mismatch, sa.false()),
    "rotation_schedule_id": _rotation.c.id,
    "verification_schedule_id": _verification.c.id,
    "complexity_id": password_complexity.c.id,
}
_QUERY = sa.select(
    *(column.label(name) for name, column in _HEAD.items()),
    *(table.c[name].label(f"{part}_{name}") for part, table, kind in _PARTS for name in kind.__struct_fields__),
).select_from(
    _PLACES.outerjoin(_rotation, _rotation.c.id == _rotation_id)
    .outerjoin(_verification, _verification.c.id == _verification_id)
    .outerjoin(password_complexity, password_complexity.c.id == _complexity_id)
)
# One row of the query: the parts' fields lie flat in it, each None where there is no such part.
_Row: Any = msgspec.defstruct(
    "_Row",
    [(f"{part}_{field}", Any) for part, _, kind in _PARTS for field in kind.__struct_fields__],
    bases=(_Head,),
    frozen=True,
)


def effective(tx: ReadTx, credential_id: UUID) -> Effective:
    """The rules of one credential, in one statement. Raises NotFound."""
    found = effective_where(tx, credential.c.id == credential_id)
    if not found:
        raise NotFound("no such credential")
    return found[0]


def effective_where(tx: ReadTx, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[Effective]:
    """The rules of many credentials, in one statement: `condition` is about `credential` and `managed_user`."""
    query = _QUERY.where(condition).order_by(credential.c.id).limit(limit)
    return [_whole(row) for row in tx.rows(_Row, query)]


def look_again(tx: Tx, condition: sa.ColumnElement[bool]) -> int:
    """Rules of some credentials have changed: make their dates due now, whereupon the sweep sees what holds.

    `condition` is about the tables of `uses_schedule` and its like. One statement, however many they are.
    """
    user = managed_user.c
    affected = sa.select(credential.c.id).select_from(_PLACES).where(condition, user.method != Method.NOT_MANAGED)
    return tx.run(
        sa.update(managed_user)
        .where(user.credential_id.in_(affected))
        .values(next_change_at=tx.now, next_verification_at=tx.now)
    )


def uses_schedule(schedule_id: UUID) -> sa.ColumnElement[bool]:
    """Its rotation or verification goes by this schedule."""
    return sa.or_(_rotation_id == schedule_id, _verification_id == schedule_id)


def platform_of() -> sa.Select[Any]:
    """A select of the platform's id, over the tables that conditions are about."""
    return sa.select(_platform_id).select_from(_PLACES)


def is_of_platform(platform_id: UUID) -> sa.ColumnElement[bool]:
    return _platform_id == platform_id


def is_under(override_id: UUID) -> sa.ColumnElement[bool]:
    """An override policy lists it, or its resource."""
    return sa.or_(override_credential.c.override_id == override_id, override_resource.c.override_id == override_id)


def _whole(row: Any) -> Effective:
    head = {name: getattr(row, name) for name in _HEAD}
    parts = {part: _part(row, part, kind) for part, _, kind in _PARTS}
    return Effective(**head, **parts)


def _part(row: Any, part: str, kind: type[msgspec.Struct]) -> Any:
    values = {name: getattr(row, f"{part}_{name}") for name in kind.__struct_fields__}
    first = kind.__struct_fields__[0]
    return None if values[first] is None else kind(**values)
