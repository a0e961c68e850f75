"""Whether a host may be spoken to in the weak ways of old SSH servers."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict
from locum.resources.add import get_resource
from locum.resources.model import ResourceType, resource


def allow_legacy(tx: Tx, actor: Actor, resource_id: UUID, *, allowed: bool) -> None:
    """From the next connection on. Raises NotFound, and Conflict for what is no host."""
    found = get_resource(tx, resource_id)
    if found.type != ResourceType.HOST:
        raise Conflict("only a host has an SSH server")
    if found.legacy_algorithms == allowed:
        return
    changed = sa.update(resource).where(resource.c.id == resource_id)
    tx.run(changed.values(legacy_algorithms=allowed, modified_at=tx.now))
    audit.record(
        tx,
        actor,
        "resource.legacy_algorithms_changed",
        object_kind="resource",
        object_id=resource_id,
        detail={"resource": found.name, "allowed": allowed},
    )
