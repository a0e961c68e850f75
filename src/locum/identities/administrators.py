"""There is always an administrator left who can sign in."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.identities.caller import Role
from locum.identities.model import Kind, identity, identity_role
from locum.kit.db import Tx
from locum.kit.errors import Conflict

# One change at a time, cluster-wide: two administrators who remove each other at once must not both succeed.
_LOCK = int.from_bytes(b"admins", "big")


def keep_one(tx: Tx, *, without: UUID) -> None:
    """Raise Conflict if nobody but `without` could sign in as an administrator.

    Administrators that end by themselves (`locum recover` makes such) don't count: they would leave nobody.
    """
    tx.lock(_LOCK)
    holds = sa.select(identity_role.c.identity_id).where(identity_role.c.role == Role.ADMIN)
    usable = sa.select(identity.c.id).where(
        identity.c.id.in_(holds),
        identity.c.kind != Kind.APPLICATION,
        identity.c.locked.is_(False),
        identity.c.deleted_at.is_(None),
    )
    if (
        tx.scalar(
            sa.select(identity_role.c.role).where(
                identity_role.c.identity_id == without, identity_role.c.role == Role.ADMIN
            )
        )
        is None
    ):
        return
    if tx.scalar(usable.where(identity.c.id != without, identity.c.expires_at.is_(None))) is None:
        raise Conflict("this is the last administrator who can sign in")
