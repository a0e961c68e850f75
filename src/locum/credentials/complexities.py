"""The password complexities administrators make. The default one can be changed, not deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.complexity import Complexity, check_rule
from locum.credentials.elsewhere import connection_profile, platform
from locum.credentials.model import PasswordComplexity, credential, managed_user, password_complexity
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.kit.named import Use, free_name, name_kept, unused

_WORD = "password complexity"
_COLUMNS = [password_complexity.c[name] for name in PasswordComplexity.__struct_fields__]
_login = sa.select(credential.c.username).where(credential.c.id == managed_user.c.credential_id).scalar_subquery()
_profile = sa.select(connection_profile).where(connection_profile.c.is_deleted.is_(False)).subquery()
_USES = (
    Use("platform", platform.c.name, (platform.c.complexity_id,)),
    Use("credential", _login, (managed_user.c.complexity_id,)),
    Use("connection profile", _profile.c.name, (_profile.c.token_complexity_id,)),
)
_NEW = Complexity(
    type=0,
    lower_case=False,
    upper_case=False,
    special=False,
    space=False,
    numeric=False,
    must_start_with=0,
    must_end_with=0,
    length=0,
    max_consecutive=0,
    excluded=None,
)


def complexities(tx: ReadTx) -> list[PasswordComplexity]:
    """Every password complexity, by name."""
    return tx.rows(PasswordComplexity, sa.select(*_COLUMNS).order_by(password_complexity.c.name_key))


def complexity_of(tx: ReadTx, complexity_id: UUID) -> PasswordComplexity:
    """One password complexity. Raises NotFound."""
    found = tx.first(PasswordComplexity, sa.select(*_COLUMNS).where(password_complexity.c.id == complexity_id))
    if found is None:
        raise NotFound("there is no password complexity with this id")
    return found


def add_complexity(
    tx: Tx, actor: Actor, *, name: str | None, description: str | None = None, rule: Mapping[str, Any]
) -> PasswordComplexity:
    """Make a complexity; `rule` holds fields of Complexity, what is left out is off or free.

    Raises Invalid for a rule that can't be obeyed, Conflict for a taken name.
    """
    wanted = msgspec.structs.replace(_NEW, **rule)
    check_rule(wanted)
    complexity_id = new_id()
    row = {
        **msgspec.structs.asdict(wanted),
        **free_name(tx, password_complexity, name, _WORD),
        "description": description or None,
        "id": complexity_id,
        "is_default": False,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    with name_kept(_WORD):
        tx.add(password_complexity, **row)
    _audit(tx, actor, "complexity.created", complexity_id, row["name"])
    return complexity_of(tx, complexity_id)


def change_complexity(
    tx: Tx,
    actor: Actor,
    complexity_id: UUID,
    *,
    name: str | None = None,
    description: str | None = None,
    rule: Mapping[str, Any],
) -> PasswordComplexity:
    """Change what is given, for passwords generated from now on. Raises NotFound besides."""
    held = complexity_of(tx, complexity_id)
    if rule.get("type", held.type) != held.type:
        raise Conflict("the type of a password complexity can't change: make another one")
    wanted = Complexity(**{field: getattr(held, field) for field in Complexity.__struct_fields__} | dict(rule))
    check_rule(wanted)
    values: dict[str, Any] = msgspec.structs.asdict(wanted)
    if name is not None:
        values |= free_name(tx, password_complexity, name, _WORD, but=complexity_id)
    if description is not None:
        values["description"] = description or None
    fields = sorted(field for field, value in values.items() if value != getattr(held, field))
    if not fields:
        return held
    c = password_complexity.c
    with name_kept(_WORD):
        tx.run(sa.update(password_complexity).where(c.id == complexity_id).values(**values, modified_at=tx.now))
    name = values.get("name", held.name)
    _audit(tx, actor, "complexity.changed", complexity_id, name, fields=", ".join(fields))
    return complexity_of(tx, complexity_id)


def delete_complexity(tx: Tx, actor: Actor, complexity_id: UUID) -> None:
    """Delete a complexity. Raises NotFound, and Conflict for the default one and for one that is used, with by what."""
    held = complexity_of(tx, complexity_id)
    if held.is_default:
        raise Conflict("the default password complexity can't be deleted")
    with unused(tx, complexity_id, _WORD, _USES):
        tx.run(sa.delete(password_complexity).where(password_complexity.c.id == complexity_id))
    _audit(tx, actor, "complexity.deleted", complexity_id, held.name)


def _audit(tx: Tx, actor: Actor, action: str, complexity_id: UUID, name: str, **more: str) -> None:
    audit.record(
        tx,
        actor,
        action,
        object_kind="password_complexity",
        object_id=complexity_id,
        detail={"name": name, **more},
    )
