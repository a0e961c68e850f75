"""Locking an account by hand, and unlocking it (USER-04). A lock after wrong tries is `lockout`'s."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import administrators, lockout, signins
from locum.identities.model import Kind, identity
from locum.identities.people import get
from locum.kit.actor import Actor
from locum.kit.db import Tx


def lock(tx: Tx, actor: Actor, identity_id: UUID) -> None:
    """Lock a person or an application: whatever they present is refused from the next request on.

    Their sign-ins end, and don't come back with unlocking. API keys do. Raises NotFound, and Conflict for the last
    administrator who can sign in.
    """
    name = get(tx, identity_id, hold=True).name
    administrators.keep_one(tx, without=identity_id)
    _set(tx, identity_id, locked=True)
    signins.end_all(tx, identity_id)
    record(tx, actor, "identity.locked", object_kind="identity", object_id=identity_id, detail={"name": name})


def unlock(tx: Tx, actor: Actor, identity_id: UUID) -> None:
    """Undo `lock`, and forget wrong tries too, so that the account can be used at once. Raises NotFound."""
    found = get(tx, identity_id, hold=True)
    _set(tx, identity_id, locked=False)
    if found.kind is Kind.LOCAL:
        lockout.clear(tx, identity_id)
    record(
        tx, actor, "identity.unlocked", object_kind="identity", object_id=identity_id, detail={"name": found.name}
    )


def _set(tx: Tx, identity_id: UUID, *, locked: bool) -> None:
    tx.run(sa.update(identity).where(identity.c.id == identity_id).values(locked=locked, modified_at=tx.now))
