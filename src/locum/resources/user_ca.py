"""Whether a host's sshd trusts Locum's SSH user CA, so that access sessions need no key on it."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict
from locum.resources.add import get_resource
from locum.resources.model import ResourceType, resource


def set_trust(tx: Tx, actor: Actor, resource_id: UUID, *, trusted: bool) -> None:
    """Remember what the operator did on the host. Raises NotFound, and Conflict for what is no host."""
    found = get_resource(tx, resource_id)
    if found.type != ResourceType.HOST:
        raise Conflict("only a host has an SSH server that could trust the user CA")
    if found.trusts_user_ca == trusted:
        return
    tx.run(
        sa.update(resource).where(resource.c.id == resource_id).values(trusts_user_ca=trusted, modified_at=tx.now)
    )
    audit.record(
        tx,
        actor,
        "resource.user_ca_changed",
        object_kind="resource",
        object_id=resource_id,
        detail={"resource": found.name, "trusted": trusted},
    )
