"""Which connections were recorded, and of whom."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.resources.model import resource
from locum.sessions.model import access_session, connection


class _Recorded(msgspec.Struct, frozen=True):
    connection: UUID
    session: UUID
    user: str
    activity: str
    resource: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None


def newest(tx: ReadTx, *, limit: int) -> list[dict[str, Any]]:
    """The latest recorded connections as plain values, newest first."""
    rows = tx.rows(
        _Recorded,
        sa.select(
            connection.c.id.label("connection"),
            connection.c.session_id.label("session"),
            identity.c.name.label("user"),
            activity.c.name.label("activity"),
            resource.c.name.label("resource"),
            connection.c.opened_at,
            connection.c.closed_at,
        )
        .select_from(
            connection.join(access_session, access_session.c.id == connection.c.session_id)
            .join(identity, identity.c.id == connection.c.identity_id)
            .join(activity, activity.c.id == access_session.c.activity_id)
            .join(resource, resource.c.id == access_session.c.resource_id)
        )
        .where(connection.c.recorded.is_(True))
        .order_by(connection.c.opened_at.desc(), connection.c.id.desc())
        .limit(limit),
    )
    return [dict(msgspec.to_builtins(row)) for row in rows]


def digest(tx: ReadTx, connection_id: UUID) -> str | None:
    """The digest (hex) with which a connection's recording was closed, None if it was not."""
    found: str | None = tx.scalar(sa.select(connection.c.recording_digest).where(connection.c.id == connection_id))
    return found
