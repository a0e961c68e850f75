"""A target that shows a host key nobody has trusted: it is remembered, and an administrator decides (RES-11).

Whoever sits between Locum and a host can show any key, so one is only pinned when somebody has compared its
thumbprint; what is shown never takes the place of the pinned key by itself. A resource may be told to let any key in:
then the connection was nobody's in particular, and the key is not pinned by it either.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.connectors.base import AccountKeeper, Connector, HostKeyNotTrusted, Target
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict
from locum.resources.add import get_resource
from locum.resources.model import TrustAction, resource


@asynccontextmanager
async def shown_keys_kept(db: Database, resource_id: UUID) -> AsyncIterator[None]:
    """Whatever key the resource is refused for inside the block is remembered; the refusal goes on."""
    try:
        yield
    except HostKeyNotTrusted as refusal:
        await db.write(remember_shown_key, resource_id, key=refusal.key, thumbprint=refusal.thumbprint)
        raise


async def note_changed_key(
    db: Database, resource_id: UUID, target: Target, connection: Connector | AccountKeeper
) -> None:
    """Write down that the resource was let in with another key than the pinned one, where somebody shall see that."""
    key, thumbprint = connection.host_key, connection.host_key_thumbprint
    if key is None or thumbprint is None or target.trusted_host_key in (None, key):
        return
    await db.write(remember_shown_key, resource_id, key=key, thumbprint=thumbprint)


def remember_shown_key(tx: Tx, resource_id: UUID, *, key: str, thumbprint: str) -> None:
    """The resource showed a key that is not trusted: refused, or let in with a warning, as it says. Written once for
    each key; the latest counts. Of one that lets in whatever comes nothing is written."""
    before = get_resource(tx, resource_id)
    action = TrustAction(before.ssh_trust_action)
    if action is TrustAction.ALWAYS_TRUST or before.discovered_host_key == key:
        return
    let_in = action.lets_in(before.trusted_host_key)
    tx.run(
        sa.update(resource)
        .where(resource.c.id == resource_id)
        .values(discovered_host_key=key, discovered_thumbprint=thumbprint, modified_at=tx.now)
    )
    audit.record(
        tx,
        LOCUM,
        "resource.host_key_let_in" if let_in else "resource.host_key_refused",
        object_kind="resource",
        object_id=resource_id,
        detail={"resource": before.name, "thumbprint": thumbprint, "trusted": before.trusted_thumbprint},
    )


def trust_shown_key(tx: Tx, actor: Actor, resource_id: UUID, *, thumbprint: str | None) -> None:
    """Pin the key that the resource was last refused for, in place of the one before.

    `thumbprint` is the one that was compared: Conflict where it is not the shown key's by now. Doing it again with
    the pinned key's changes nothing. Raises NotFound, and Conflict where no other key was shown.
    """
    before = get_resource(tx, resource_id)
    if before.discovered_host_key is None:
        if thumbprint is not None and thumbprint == before.trusted_thumbprint:
            return
        raise Conflict("the resource was refused for no other host key: there is none to trust")
    if thumbprint is not None and thumbprint != before.discovered_thumbprint:
        raise Conflict("the host key that was last seen has another thumbprint: look at it again")
    changed = tx.run(
        sa.update(resource)
        .where(resource.c.id == resource_id, resource.c.discovered_host_key == before.discovered_host_key)
        .values(
            trusted_host_key=before.discovered_host_key,
            trusted_thumbprint=before.discovered_thumbprint,
            discovered_host_key=None,
            modified_at=tx.now,
        )
    )
    if changed != 1:
        raise Conflict("another host key was seen a moment ago: look at it first")
    audit.record(
        tx,
        actor,
        "resource.host_key_trusted",
        object_kind="resource",
        object_id=resource_id,
        detail={
            "resource": before.name,
            "thumbprint": before.discovered_thumbprint,
            "before": before.trusted_thumbprint,
        },
    )
