"""Whether a host's sshd trusts Locum's SSH user CA, so that access sessions need no key on it."""

from __future__ import annotations

from uuid import UUID

from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.resources.change import change_host_flag


def set_trust(tx: Tx, actor: Actor, resource_id: UUID, *, trusted: bool) -> None:
    """Remember what the operator did on the host. Raises NotFound, and Conflict for what is no host."""
    change_host_flag(
        tx, actor, resource_id, "trusts_user_ca", trusted, action="resource.user_ca_changed", word="trusted"
    )
