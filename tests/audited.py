"""What the audit log says, for tests that look for the rows of a change."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.kit.db import Database


def details(database: Database, action: str, object_id: UUID | str | None = None) -> list[dict[str, Any]]:
    """The details of every row of that action, the oldest first."""
    rows = sa.select(audit_event.c.detail).where(audit_event.c.action == action).order_by(audit_event.c.id)
    if object_id is not None:
        rows = rows.where(audit_event.c.object_id == UUID(str(object_id)))
    return [json.loads(text) for text in database.submit_read(lambda tx: tx.scalars(rows)).result()]
