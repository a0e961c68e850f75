"""Deleting a person or an application: nothing of them works any more, and what they did stays told by their name.

The row stays, because sessions and the audit log speak of it; it is locked for good, in no list, and its name is free.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import administrators, signins
from locum.identities.model import (
    api_key,
    custom_role_member,
    identity,
    identity_role,
    local_login,
    passkey,
    password_history,
    recovery_code,
    ssh_key,
)
from locum.identities.people import get
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.vault.store import Vault

_PROOFS = (passkey, ssh_key, recovery_code, password_history, identity_role, custom_role_member, local_login)


def remove(tx: Tx, vault: Vault, actor: Actor, identity_id: UUID) -> None:
    """Delete an identity with every proof and right it has. Raises NotFound, Conflict for the last administrator.

    Its access sessions and policy memberships are the caller's to end, in the same transaction.
    """
    name = get(tx, identity_id, hold=True).name
    administrators.keep_one(tx, without=identity_id)
    signins.end_all(tx, identity_id)
    _erase_secrets(tx, vault, identity_id)
    tx.run(
        sa.update(api_key)
        .where(api_key.c.identity_id == identity_id, api_key.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    for table in _PROOFS:
        tx.run(sa.delete(table).where(table.c.identity_id == identity_id))
    tx.run(
        sa.update(identity)
        .where(identity.c.id == identity_id)
        # A key that no name has: normalising trims. So the name can be given again, to somebody with another id.
        .values(locked=True, deleted_at=tx.now, modified_at=tx.now, name_key=f" deleted {identity_id}")
    )
    record(tx, actor, "identity.deleted", object_kind="identity", object_id=identity_id, detail={"name": name})


def _erase_secrets(tx: Tx, vault: Vault, identity_id: UUID) -> None:
    mine = local_login.c.identity_id == identity_id
    kept = [
        *tx.scalars(sa.select(local_login.c.totp_secret_id).where(mine)),
        *tx.scalars(sa.select(local_login.c.totp_pending_secret_id).where(mine)),
        *tx.scalars(sa.select(api_key.c.secret_id).where(api_key.c.identity_id == identity_id)),
    ]
    for secret_id in kept:
        if secret_id is not None:
            vault.erase(tx, secret_id)
    tx.run(sa.update(api_key).where(api_key.c.identity_id == identity_id).values(secret_id=None))
