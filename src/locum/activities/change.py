"""What administrators set about connection profiles."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import SshKeyUse, connection_profile
from locum.activities.read import connection_profile_of
from locum.audit.log import record
from locum.kit.actor import Actor
from locum.kit.db import Tx


def set_ssh_key_use(tx: Tx, actor: Actor, profile_id: UUID, use: SshKeyUse) -> None:
    """Say what registered SSH keys prove for sessions of this profile, from the next connection on.

    Raises NotFound.
    """
    profile = connection_profile_of(tx, profile_id)
    c = connection_profile.c
    tx.run(sa.update(connection_profile).where(c.id == profile_id).values(ssh_key_use=use, modified_at=tx.now))
    record(
        tx,
        actor,
        "connection_profile.changed",
        object_kind="connection_profile",
        object_id=profile_id,
        detail={"name": profile.name, "ssh_key_use": str(use)},
    )
