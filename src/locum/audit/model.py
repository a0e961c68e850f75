"""Tables of the audit log: events, their chain, its signed checkpoints, and what still waits to be chained."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import BIG_ID, UtcTime, metadata

audit_event = sa.Table(
    "audit_event",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor_id", sa.Uuid),
    sa.Column("actor_name", sa.String(256), nullable=False),
    sa.Column("address", sa.String(64)),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("object_kind", sa.String(32)),
    sa.Column("object_id", sa.Uuid),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("detail", sa.String(8000), nullable=False),
    sa.Index("ix_audit_event_at", "at"),
    sa.Index("ix_audit_event_object_id", "object_id"),
    sqlite_autoincrement=True,
)


class AuditEvent(msgspec.Struct, frozen=True):
    """One thing somebody did or was refused. `detail` is canonical JSON."""

    id: int
    at: dt.datetime
    actor_id: UUID | None
    actor_name: str
    address: str | None
    action: str
    object_kind: str | None
    object_id: UUID | None
    outcome: str
    detail: str


audit_pending = sa.Table(
    "audit_pending",
    metadata,
    sa.Column("event_id", sa.ForeignKey("audit_event.id"), primary_key=True),
)
