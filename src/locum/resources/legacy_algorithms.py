"""Whether a host may be spoken to in the weak ways of old SSH servers."""

from __future__ import annotations

from uuid import UUID

from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.resources.change import change_host_flag


def allow_legacy(tx: Tx, actor: Actor, resource_id: UUID, *, allowed: bool) -> None:
    """From the next connection on. Raises NotFound, and Conflict for what is no host."""
    action = "resource.legacy_algorithms_changed"
    change_host_flag(tx, actor, resource_id, "legacy_algorithms", allowed, action=action, word="allowed")
