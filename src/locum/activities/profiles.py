"""Makes, changes and deletes connection profiles with their custom fields, address rules and access windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.activities.access_windows import MOST as MOST_WINDOWS
from locum.activities.access_windows import AccessWindow, checked_window
from locum.activities.channel_rules import ChannelRules, checked
from locum.activities.custom_fields import CustomField, check_fields
from locum.activities.ip_rules import IpRule, check_rules
from locum.activities.model import (
    ConnectionProfile,
    access_window,
    channel_rules,
    connection_profile,
    custom_field,
    ip_rule,
)
from locum.activities.profile_settings import NEW, Settings, check
from locum.activities.read import (
    channel_rules_of,
    connection_profile_of,
    custom_fields_of,
    ip_rules_of,
    windows_of,
)
from locum.audit.log import record
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.ids import new_id
from locum.kit.names import LONGEST_NAME, checked_name, name_key

_TAKEN = "there is a connection profile of this name already"


def add_profile(
    tx: Tx,
    actor: Actor,
    *,
    name: str | None,
    description: str | None = None,
    settings: Settings = NEW,
    fields: Sequence[CustomField] = (),
) -> ConnectionProfile:
    """A profile that policies may have. Raises Invalid, and Conflict for a taken name.

    `fields` get this profile's id, whatever they say.
    """
    check(settings)
    profile_id = new_id()
    row = {
        **msgspec.structs.asdict(settings),
        "id": profile_id,
        "name": _free_name(tx, name),
        "description": description or None,
        "is_default": False,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    try:
        tx.add(connection_profile, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(_TAKEN) from error
    _write_fields(tx, profile_id, fields)
    _audit(tx, actor, "connection_profile.created", profile_id, row["name"])
    return connection_profile_of(tx, profile_id)


def change_profile(
    tx: Tx,
    actor: Actor,
    profile_id: UUID,
    changes: Mapping[str, Any],
    *,
    name: str | None = None,
    description: str | None = None,
    fields: Sequence[CustomField] | None = None,
) -> ConnectionProfile:
    """Give a profile the settings in `changes`, by our words, and what else is not None; an empty description is none.

    Sessions there are already keep their length and whether they are recorded; all else counts at once. Raises
    NotFound, Invalid, and Conflict for a taken name.
    """
    held = connection_profile_of(tx, profile_id, hold=True, deleted_too=False)
    check(msgspec.convert({n: changes.get(n, getattr(held, n)) for n in Settings.__struct_fields__}, Settings))
    values = {name: value for name, value in changes.items() if value != getattr(held, name)}
    if name is not None and checked_name(name, field="name") != held.name:
        values["name"] = _free_name(tx, name, but=profile_id)
    if description is not None and (description or None) != held.description:
        values["description"] = description or None
    changed = sorted(values)
    if fields is not None:
        mine = [msgspec.structs.replace(field, profile_id=profile_id) for field in fields]
        if sorted(mine, key=lambda field: field.number) != custom_fields_of(tx, profile_id):
            _write_fields(tx, profile_id, fields)
            changed.append("custom_fields")
    if not changed:
        return held
    _update(tx, profile_id, values)
    _audit(tx, actor, "connection_profile.changed", profile_id, values.get("name", held.name), changed)
    return connection_profile_of(tx, profile_id)


def set_ip_rules(tx: Tx, actor: Actor, profile_id: UUID, rules: Sequence[IpRule]) -> list[IpRule]:
    """Let these be all address rules of a profile, from the next request and connection on. NotFound, Invalid."""
    held = connection_profile_of(tx, profile_id, hold=True, deleted_too=False)
    check_rules(rules)
    wanted = [msgspec.structs.replace(rule, address=rule.address.strip()) for rule in rules]
    if wanted != ip_rules_of(tx, profile_id):
        _replace(tx, ip_rule, profile_id, wanted)
        _audit(tx, actor, "connection_profile.changed", profile_id, held.name, ["address_rules"])
    return wanted


def set_windows(tx: Tx, actor: Actor, profile_id: UUID, windows: Sequence[AccessWindow]) -> list[AccessWindow]:
    """Let these be all access windows of a profile, from the next request and connection on. NotFound, Invalid."""
    held = connection_profile_of(tx, profile_id, hold=True, deleted_too=False)
    if len(windows) > MOST_WINDOWS:
        raise Invalid(f"a connection profile has at most {MOST_WINDOWS} access windows", field="weekdays")
    wanted = [checked_window(window) for window in windows]
    if wanted != windows_of(tx, profile_id):
        _replace(tx, access_window, profile_id, wanted)
        _audit(tx, actor, "connection_profile.changed", profile_id, held.name, ["access_windows"])
    return wanted


def set_channel_rules(tx: Tx, actor: Actor, profile_id: UUID, changes: Mapping[str, Any]) -> ChannelRules:
    """Let the gateway carry what the changed rules say, from the next connection on. Raises NotFound and Invalid."""
    profile = connection_profile_of(tx, profile_id, hold=True, deleted_too=False)
    held = channel_rules_of(tx, profile_id)
    wanted = checked(msgspec.structs.replace(held, **changes))
    changed = [name for name in ChannelRules.__struct_fields__ if getattr(wanted, name) != getattr(held, name)]
    if changed:
        tx.run(sa.delete(channel_rules).where(channel_rules.c.profile_id == profile_id))
        tx.add(channel_rules, profile_id=profile_id, **msgspec.to_builtins(wanted))
        _update(tx, profile_id, {})
        _audit(tx, actor, "connection_profile.changed", profile_id, profile.name, changed)
    return wanted


def retire_profile(tx: Tx, actor: Actor, profile: ConnectionProfile) -> None:
    """Delete a profile whose row the caller holds and that nothing uses any more.

    The row stays for the sessions that ran under it, and its name is free again. Raises Conflict for the default one.
    """
    if profile.is_default:
        raise Conflict("the default connection profile can't be deleted")
    mark = f" (deleted {profile.id})"
    gone = profile.name[: LONGEST_NAME - len(mark)] + mark
    _update(tx, profile.id, {"is_deleted": True, "name": gone})
    _audit(tx, actor, "connection_profile.deleted", profile.id, profile.name)


def _free_name(tx: ReadTx, name: str | None, *, but: UUID | None = None) -> str:
    """The name, if no other profile has one that reads the same. There are few, so all are looked at.

    The default profile's row is held until commit, so that two transactions don't both find a name free.
    """
    c = connection_profile.c
    shown = checked_name(name, field="name")
    tx.scalar(sa.select(c.id).where(c.is_default.is_(True)).with_for_update())
    others = sa.select(c.name) if but is None else sa.select(c.name).where(c.id != but)
    if name_key(shown) in {name_key(other) for other in tx.scalars(others)}:
        raise Conflict(_TAKEN)
    return shown


def _update(tx: Tx, profile_id: UUID, values: Mapping[str, Any]) -> None:
    change = sa.update(connection_profile).where(connection_profile.c.id == profile_id)
    try:
        tx.run(change.values(**values, modified_at=tx.now))
    except IntegrityError as error:
        raise Conflict(_TAKEN) from error


def _write_fields(tx: Tx, profile_id: UUID, fields: Sequence[CustomField]) -> None:
    check_fields(fields)
    rows = [{**msgspec.structs.asdict(field), "profile_id": profile_id} for field in fields]
    tx.run(sa.delete(custom_field).where(custom_field.c.profile_id == profile_id))
    tx.add_all(custom_field, rows)


def _replace(tx: Tx, table: sa.Table, profile_id: UUID, wanted: Sequence[IpRule | AccessWindow]) -> None:
    tx.run(sa.delete(table).where(table.c.profile_id == profile_id))
    tx.add_all(
        table,
        [
            {"profile_id": profile_id, "position": position, **msgspec.structs.asdict(one)}
            for position, one in enumerate(wanted)
        ],
    )
    tx.run(sa.update(connection_profile).where(connection_profile.c.id == profile_id).values(modified_at=tx.now))


def _audit(
    tx: Tx, actor: Actor, action: str, profile_id: UUID, name: str, fields: Sequence[str] | None = None
) -> None:
    detail = {"name": name} if fields is None else {"name": name, "fields": ", ".join(fields)}
    record(tx, actor, action, object_kind="connection_profile", object_id=profile_id, detail=detail)
