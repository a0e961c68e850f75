"""What the audit log says, for tests that look for the rows of a change."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.kit.db import Database, ReadTx

Event = tuple[str, UUID | None, str, str | None, str | None, UUID | None, str, dict[str, Any]]


def details(database: Database, action: str, object_id: UUID | str | None = None) -> list[dict[str, Any]]:
    """The details of every row of that action, the oldest first."""
    rows = sa.select(audit_event.c.detail).where(audit_event.c.action == action).order_by(audit_event.c.id)
    if object_id is not None:
        rows = rows.where(audit_event.c.object_id == UUID(str(object_id)))
    return [json.loads(text) for text in database.submit_read(lambda tx: tx.scalars(rows)).result()]


def events(database: Database, *actions: str) -> list[Event]:
    """The rows with these actions, oldest first: action, actor, address, object, outcome, detail."""

    def look(tx: ReadTx) -> list[Event]:
        found = tx._connection.execute(
            sa.select(
                audit_event.c.action,
                audit_event.c.actor_id,
                audit_event.c.actor_name,
                audit_event.c.address,
                audit_event.c.object_kind,
                audit_event.c.object_id,
                audit_event.c.outcome,
                audit_event.c.detail,
            )
            .where(audit_event.c.action.in_(actions))
            .order_by(audit_event.c.id)
        )
        return [(*row[:7], json.loads(row[7])) for row in found]

    return database.submit_read(look).result()
