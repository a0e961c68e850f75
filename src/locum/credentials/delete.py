"""Deletes a credential: its secrets are erased and its login is free; the row stays, because the audit log names it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from locum.credentials import secrets
from locum.credentials.add import record
from locum.credentials.change import held_credential, write
from locum.credentials.elsewhere import access_session, identity, lease, resource, rotation
from locum.credentials.model import (
    Credential,
    credential_group_member,
    managed_user,
    override_credential,
)
from locum.credentials.secrets import Part
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.named import Use, unused
from locum.vault.store import Vault

_LIVE = sa.select(lease.c.credential_id, lease.c.identity_id).where(lease.c.state != "ended").subquery()
_SESSIONS = (
    sa.select(access_session.c.credential_id, access_session.c.identity_id)
    .where(access_session.c.status < 3)  # those that have not ended
    .subquery()
)
_USES = (
    Use("resource", resource.c.name, (resource.c.service_account_id,)),
    Use("rotation", sa.literal("under way"), (rotation.c.open_credential_id,)),
    Use(
        "lease of",
        sa.select(identity.c.name).where(identity.c.id == _LIVE.c.identity_id).scalar_subquery(),
        (_LIVE.c.credential_id,),
    ),
    Use(
        "session of",
        sa.select(identity.c.name).where(identity.c.id == _SESSIONS.c.identity_id).scalar_subquery(),
        (_SESSIONS.c.credential_id,),
    ),
)
_ATTACHED = (managed_user, credential_group_member, override_credential)


def delete_credential(tx: Tx, vault: Vault, actor: Actor, credential_id: UUID) -> Credential:
    """Raises NotFound, and Conflict that names what uses it: a resource, an open rotation, a lease, a session."""
    held = held_credential(tx, credential_id)
    with unused(tx, held.id, "credential", _USES):
        for table in _ATTACHED:
            tx.run(sa.delete(table).where(table.c.credential_id == held.id))
        erased = secrets.erase(tx, vault, held, *Part)
        # No login has two separators, so this one takes nobody's place.
        write(tx, held.id, deleted_at=tx.now, platform_id=None, login_key=f"\x1f\x1f{held.id}", **erased)
    record(tx, actor, "credential.deleted", held)
    return held


def delete_credentials(tx: Tx, vault: Vault, actor: Actor, ids: Collection[UUID]) -> tuple[int, int]:
    """Delete those that can be; answers how many were, and how many were not there or are in use."""
    deleted, failed = 0, 0
    for credential_id in sorted(set(ids)):
        try:
            delete_credential(tx, vault, actor, credential_id)
            deleted += 1
        except (NotFound, Conflict):  # both are raised before anything is written
            failed += 1
    return deleted, failed
