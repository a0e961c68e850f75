"""Writes audit events, in the transaction of the change they speak of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID


from locum.audit.model import audit_event, audit_pending
from locum.kit.actor import Actor
from locum.kit.db import Tx


def record(
    tx: Tx,
    actor: Actor,
    action: str,
    *,
    object_kind: str | None = None,
    object_id: UUID | None = None,
    outcome: str = "ok",
    detail: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Write one event. `action` is dotted, such as "api_key.generated"."""
    event_id = tx.insert_counted(
        audit_event,
        at=tx.now,
        actor_id=actor.id,
        actor_name=actor.name[:256],
        address=actor.address,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        outcome=outcome,
        detail=json.dumps(dict(detail or {}), sort_keys=True, separators=(",", ":")),
    )
    tx.add(audit_pending, event_id=event_id)


