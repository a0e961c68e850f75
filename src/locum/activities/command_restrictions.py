"""Makes, changes and deletes command restrictions, and gives them to connection profiles (PRX-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.command_rules import Restriction, checked_rules
from locum.activities.model import (
    CommandRestriction,
    command_restriction,
    connection_profile,
    profile_command_restriction,
)
from locum.activities.read import connection_profile_of
from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.mail_address import mail_address
from locum.kit.named import free_name, name_kept

MOST = 500
MOST_OF_PROFILE = 20
_WORD = "command restriction"
_SHOWN = 3
_ALL = sa.select(*(command_restriction.c[name] for name in CommandRestriction.__struct_fields__))


def restrictions(tx: ReadTx) -> list[CommandRestriction]:
    """Every command restriction, by name."""
    return tx.rows(CommandRestriction, _ALL.order_by(command_restriction.c.name_key))


def restriction_of(tx: ReadTx, restriction_id: UUID, *, hold: bool = False) -> CommandRestriction:
    """One command restriction; with `hold` its row is held until commit. Raises NotFound."""
    one = _ALL.where(command_restriction.c.id == restriction_id)
    found = tx.first(CommandRestriction, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("there is no command restriction with this id")
    return found


def restrictions_of_profile(tx: ReadTx, profile_id: UUID) -> list[CommandRestriction]:
    """Those that a connection profile has, by name, active or not."""
    link = profile_command_restriction.c
    mine = _ALL.join(profile_command_restriction, link.restriction_id == command_restriction.c.id)
    wanted = mine.where(link.profile_id == profile_id).order_by(command_restriction.c.name_key)
    return tx.rows(CommandRestriction, wanted)


def in_force(tx: ReadTx, profile_id: UUID) -> tuple[Restriction, ...]:
    """What restricts the commands of a session under this profile."""
    return tuple(
        Restriction(one.id, one.name, one.mail_to, one.rules)
        for one in restrictions_of_profile(tx, profile_id)
        if one.active
    )


def add_restriction(tx: Tx, actor: Actor, name: str | None, given: Mapping[str, Any]) -> CommandRestriction:
    """Make one of `given`: description, active, mail_to, rules. Raises Invalid, and Conflict for a taken name."""
    count = tx.scalar(sa.select(sa.func.count()).select_from(command_restriction))
    if count is not None and count >= MOST:
        raise Conflict(f"there are {MOST} command restrictions already")
    values = _checked({"description": None, "active": True, "mail_to": None, "rules": (), **given})
    restriction_id = new_id()
    named = free_name(tx, command_restriction, name, _WORD)
    with name_kept(_WORD):
        tx.add(
            command_restriction,
            id=restriction_id,
            **named,
            **msgspec.to_builtins(values),
            created_at=tx.now,
            modified_at=tx.now,
        )
    _audit(tx, actor, "command_restriction.created", restriction_id, named["name"])
    return restriction_of(tx, restriction_id)


def change_restriction(
    tx: Tx, actor: Actor, restriction_id: UUID, name: str | None, given: Mapping[str, Any]
) -> CommandRestriction:
    """Change what is given, for connections opened from now on. Raises NotFound besides."""
    held = restriction_of(tx, restriction_id, hold=True)
    fields = ("description", "active", "mail_to", "rules")
    values = _checked({**{field: getattr(held, field) for field in fields}, **given})
    if name is not None:
        values |= free_name(tx, command_restriction, name, _WORD, but=restriction_id)
    changed = sorted(field for field, value in values.items() if value != getattr(held, field))
    if not changed:
        return held
    one = sa.update(command_restriction).where(command_restriction.c.id == restriction_id)
    with name_kept(_WORD):
        tx.run(one.values(**msgspec.to_builtins(values), modified_at=tx.now))
    name = values.get("name", held.name)
    _audit(tx, actor, "command_restriction.changed", restriction_id, name, fields=", ".join(changed))
    return restriction_of(tx, restriction_id)


def delete_restriction(tx: Tx, actor: Actor, restriction_id: UUID) -> None:
    """Raises NotFound, and Conflict, naming them, while connection profiles have it; deleted profiles don't count."""
    held = restriction_of(tx, restriction_id, hold=True)
    link = profile_command_restriction.c
    having = (
        sa.select(connection_profile.c.name)
        .join(profile_command_restriction, link.profile_id == connection_profile.c.id)
        .where(link.restriction_id == restriction_id, connection_profile.c.is_deleted.is_(False))
    )
    users = list(tx.scalars(having.order_by(connection_profile.c.name).limit(_SHOWN + 1)))
    if users:
        named = ", ".join(f"“{user}”" for user in users[:_SHOWN])
        raise Conflict(
            f"this command restriction is used by the connection profiles {named}"
            + " and others" * (len(users) > _SHOWN)
        )
    tx.run(sa.delete(profile_command_restriction).where(link.restriction_id == restriction_id))
    tx.run(sa.delete(command_restriction).where(command_restriction.c.id == restriction_id))
    _audit(tx, actor, "command_restriction.deleted", restriction_id, held.name)


def set_profile_restrictions(
    tx: Tx, actor: Actor, profile_id: UUID, wanted: Sequence[UUID]
) -> list[CommandRestriction]:
    """Let these be all restrictions of a profile, from the next connection on. Raises NotFound and Invalid."""
    profile = connection_profile_of(tx, profile_id, hold=True, deleted_too=False)
    ids = sorted(set(wanted))
    if len(ids) > MOST_OF_PROFILE:
        raise Invalid(f"a connection profile has at most {MOST_OF_PROFILE} command restrictions", field="ids")
    there = sa.select(command_restriction.c.id).where(command_restriction.c.id.in_(ids)).with_for_update()
    if set(tx.scalars(there)) != set(ids):
        raise Invalid("ids names no command restriction", field="ids")
    if ids != sorted(one.id for one in restrictions_of_profile(tx, profile_id)):
        link = profile_command_restriction
        tx.run(sa.delete(link).where(link.c.profile_id == profile_id))
        tx.add_all(link, [{"profile_id": profile_id, "restriction_id": one} for one in ids])
        stamp = sa.update(connection_profile).where(connection_profile.c.id == profile_id)
        tx.run(stamp.values(modified_at=tx.now))
        audit.record(
            tx,
            actor,
            "connection_profile.changed",
            object_kind="connection_profile",
            object_id=profile_id,
            detail={"name": profile.name, "fields": "command_restrictions"},
        )
    return restrictions_of_profile(tx, profile_id)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    address = values["mail_to"] or None
    if address is not None and mail_address(address) is None:
        raise Invalid("mailTo is no mail address", field="mailTo")
    rules = checked_rules(values["rules"])
    if address is None and any(rule.mail for rule in rules):
        raise Invalid("mailTo is needed where a rule sends mail", field="mailTo")
    return {
        **values,
        "description": values["description"] or None,
        "mail_to": None if address is None else mail_address(address),
        "rules": rules,
    }


def _audit(tx: Tx, actor: Actor, action: str, restriction_id: UUID, name: str, **more: str) -> None:
    audit.record(
        tx,
        actor,
        action,
        object_kind="command_restriction",
        object_id=restriction_id,
        detail={"name": name, **more},
    )
