"""Credential groups: named sets of credentials."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials import members
from locum.credentials.elsewhere import policy, policy_credential_group
from locum.credentials.members import OF_GROUP
from locum.credentials.model import CredentialGroup, credential_group
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.kit.named import Use, free_name, name_kept, unused

_WORD = "credential group"
_LIVE = (
    sa.select(policy.c.name, policy_credential_group.c.member_id)
    .join(policy, policy.c.id == policy_credential_group.c.policy_id)
    .where(policy.c.is_deleted.is_(False))
    .subquery()
)
_COLUMNS = [credential_group.c[name] for name in CredentialGroup.__struct_fields__]


def groups(tx: ReadTx) -> list[CredentialGroup]:
    """Every credential group, by name."""
    return tx.rows(CredentialGroup, sa.select(*_COLUMNS).order_by(credential_group.c.name_key))


def group_of(tx: ReadTx, group_id: UUID) -> CredentialGroup:
    """One credential group. Raises NotFound."""
    found = tx.first(CredentialGroup, sa.select(*_COLUMNS).where(credential_group.c.id == group_id))
    if found is None:
        raise NotFound("there is no credential group with this id")
    return found


def add_group(tx: Tx, actor: Actor, *, name: str | None, description: str | None = None) -> CredentialGroup:
    """Make an empty group. Raises Invalid, and Conflict for a taken name."""
    group_id = new_id()
    named = free_name(tx, credential_group, name, _WORD)
    row = {
        **named,
        "description": description or None,
        "id": group_id,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    with name_kept(_WORD):
        tx.add(credential_group, **row)
    _audit(tx, actor, "credential_group.created", group_id, named["name"])
    return group_of(tx, group_id)


def change_group(
    tx: Tx, actor: Actor, group_id: UUID, *, name: str | None = None, description: str | None = None
) -> CredentialGroup:
    """Change what is given. Raises NotFound besides."""
    held = group_of(tx, group_id)
    values: dict[str, str | None] = {}
    if name is not None:
        values |= free_name(tx, credential_group, name, _WORD, but=group_id)
    if description is not None:
        values["description"] = description or None
    fields = sorted(field for field, value in values.items() if value != getattr(held, field))
    if not fields:
        return held
    change = sa.update(credential_group).where(credential_group.c.id == group_id)
    with name_kept(_WORD):
        tx.run(change.values(**values, modified_at=tx.now))
    changed = group_of(tx, group_id)
    _audit(tx, actor, "credential_group.changed", group_id, changed.name, fields=", ".join(fields))
    return changed


def delete_group(tx: Tx, actor: Actor, group_id: UUID) -> None:
    """Delete a group; its credentials stay. Raises NotFound, and Conflict where policies join it."""
    held = group_of(tx, group_id)
    c = policy_credential_group.c
    with unused(tx, group_id, _WORD, (Use("access policy", _LIVE.c.name, (_LIVE.c.member_id,)),)):
        # Memberships of deleted policies: nothing can come of them any more.
        tx.run(sa.delete(policy_credential_group).where(c.member_id == group_id))
        tx.run(sa.delete(credential_group).where(credential_group.c.id == group_id))
    _audit(tx, actor, "credential_group.deleted", group_id, held.name)


def add_credentials(tx: Tx, actor: Actor, group_id: UUID, credential_ids: Collection[UUID]) -> int:
    """Put credentials into a group; answers how many were not in it. Raises NotFound, Invalid for an unknown one."""
    return len(members.add(tx, actor, OF_GROUP, group_id, group_of(tx, group_id).name, credential_ids))


def remove_credentials(tx: Tx, actor: Actor, group_id: UUID, credential_ids: Collection[UUID]) -> int:
    """Take credentials out of a group; answers how many were in it. Raises NotFound."""
    return len(members.remove(tx, actor, OF_GROUP, group_id, group_of(tx, group_id).name, credential_ids))


def _audit(tx: Tx, actor: Actor, action: str, group_id: UUID, name: str, **more: str) -> None:
    audit.record(
        tx, actor, action, object_kind="credential_group", object_id=group_id, detail={"name": name, **more}
    )
