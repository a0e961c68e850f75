"""Connection profiles as administrators make, change and delete them (A.10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.activities.custom_fields import CustomField, checked_fields
from locum.activities.model import ConnectionProfile, connection_profile, custom_field
from locum.activities.read import connection_profile_of, custom_fields_of
from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx, metadata
from locum.kit.errors import Conflict, Invalid
from locum.kit.ids import new_id
from locum.kit.named import Use, unused
from locum.kit.names import checked_name

MOST_MINUTES = 43_200
_WORD = "connection profile"
_LIMITS = {
    "max_session_minutes": (1, MOST_MINUTES, "maxSessionLength"),
    "session_extension_minutes": (0, MOST_MINUTES, "sessionExtensionMinutes"),
    "session_extension_count": (0, 1000, "sessionExtensionCount"),
    "view_password_seconds": (1, 3600, "viewPasswordInSeconds"),
    "expiration_notice_minutes": (0, MOST_MINUTES, "expirationTimeoutThreshold"),
}
NEW: dict[str, Any] = {
    "record": True,
    "max_session_minutes": 60,
    "allow_session_extension": False,
    "session_extension_minutes": 0,
    "session_extension_count": 0,
    "approval_workflow_id": None,
    "approval": 1,
    "notes_required": False,
    "ticket_required": False,
    "allow_password_access": True,
    "allow_view_password": False,
    "view_password_seconds": 20,
    "expiration_notice_minutes": 5,
}
"""What a profile says where it is not told otherwise."""


def add_profile(
    tx: Tx,
    actor: Actor,
    *,
    name: str | None,
    description: str | None = None,
    settings: Mapping[str, Any],
    fields: Sequence[CustomField] = (),
) -> ConnectionProfile:
    """Make a profile; `settings` holds fields of ConnectionProfile. Raises Invalid, and Conflict for a taken name."""
    profile_id = new_id()
    row = {
        **NEW,
        **_checked(settings),
        "id": profile_id,
        "name": _free(tx, name),
        "description": description or None,
        "is_default": False,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    try:
        tx.add(connection_profile, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise _taken() from error
    _write_fields(tx, profile_id, fields)
    _audit(tx, actor, "connection_profile.created", profile_id, name=row["name"])
    return connection_profile_of(tx, profile_id)


def change_profile(
    tx: Tx,
    actor: Actor,
    profile_id: UUID,
    *,
    name: str | None = None,
    description: str | None = None,
    settings: Mapping[str, Any],
    fields: Sequence[CustomField] | None = None,
) -> ConnectionProfile:
    """Change what is given, for sessions asked for from now on. Raises NotFound besides."""
    held = connection_profile_of(tx, profile_id)
    values: dict[str, Any] = dict(_checked(settings))
    if name is not None:
        values["name"] = _free(tx, name, but=profile_id)
    if description is not None:
        values["description"] = description or None
    changed = {field for field, value in values.items() if value != getattr(held, field)}
    if fields is not None and checked_fields(fields) != custom_fields_of(tx, profile_id):
        _write_fields(tx, profile_id, fields)
        changed.add("custom_fields")
    if not changed:
        return held
    c = connection_profile.c
    try:
        tx.run(sa.update(connection_profile).where(c.id == profile_id).values(**values, modified_at=tx.now))
    except IntegrityError as error:
        raise _taken() from error
    shown = values.get("name", held.name)
    _audit(tx, actor, "connection_profile.changed", profile_id, name=shown, fields=", ".join(sorted(changed)))
    return connection_profile_of(tx, profile_id)


def delete_profile(tx: Tx, actor: Actor, profile_id: UUID) -> None:
    """Delete a profile. Raises NotFound, and Conflict for the default one and one that a policy or session has."""
    held = connection_profile_of(tx, profile_id)
    if held.is_default:
        raise Conflict("the default connection profile can't be deleted")
    policy, session = metadata.tables["policy"], metadata.tables["access_session"]
    uses = (
        Use("access policy", policy.c.name, (policy.c.connection_profile_id,)),
        Use("session of", session.c.created_by_name, (session.c.profile_id,)),
    )
    with unused(tx, profile_id, _WORD, uses):
        tx.run(sa.delete(custom_field).where(custom_field.c.profile_id == profile_id))
        tx.run(sa.delete(connection_profile).where(connection_profile.c.id == profile_id))
    _audit(tx, actor, "connection_profile.deleted", profile_id, name=held.name)


def _checked(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, (least, most, field) in _LIMITS.items():
        if name in settings and not least <= settings[name] <= most:
            raise Invalid(f"{field} must lie between {least} and {most}", field=field)
    return settings


def _free(tx: ReadTx, name: str | None, but: UUID | None = None) -> str:
    shown = checked_name(name, field="name")
    c = connection_profile.c
    if tx.scalar(sa.select(c.id).where(sa.func.lower(c.name) == shown.lower())) not in (None, but):
        raise _taken()
    return shown


def _taken() -> Conflict:
    return Conflict("there is a connection profile of this name already")


def _write_fields(tx: Tx, profile_id: UUID, fields: Sequence[CustomField]) -> None:
    tx.run(sa.delete(custom_field).where(custom_field.c.profile_id == profile_id))
    rows = [msgspec.structs.asdict(one) | {"profile_id": profile_id} for one in checked_fields(fields)]
    tx.add_all(custom_field, rows)


def _audit(tx: Tx, actor: Actor, action: str, profile_id: UUID, **detail: str) -> None:
    audit.record(tx, actor, action, object_kind="connection_profile", object_id=profile_id, detail=dict(detail))
