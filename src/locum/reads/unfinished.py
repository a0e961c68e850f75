"""What is under way: access sessions with rights on targets, connections, leases and rotations."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.resources.model import resource
from locum.rotation.model import rotation
from locum.sessions.lease_cycle import State
from locum.sessions.lifecycle import LIVE
from locum.sessions.model import EntryState, access_session, connection, lease, ledger_entry

LISTED = 1000


class UnfinishedSession(msgspec.Struct, frozen=True):
    """A live access session; `ledger` counts the changes that are on its resource, or may be."""

    session: UUID
    status: int
    user: str
    activity: str
    resource: str
    login: str
    ends: dt.datetime
    ledger: int
    connections: int


class Unfinished(msgspec.Struct, frozen=True):
    """`sessions` are the first thousand that end; the numbers count all."""

    sessions: list[UnfinishedSession]
    session_count: int
    connection_count: int
    lease_count: int
    rotation_count: int


def unfinished(tx: ReadTx) -> Unfinished:
    """All of it, in five statements."""
    c = access_session.c
    is_live = c.status.in_(sorted(LIVE))
    ledger = (
        sa.select(sa.func.count())
        .where(ledger_entry.c.session_id == c.id, ledger_entry.c.state != EntryState.REVERTED)
        .scalar_subquery()
    )
    connections = (
        sa.select(sa.func.count())
        .where(connection.c.session_id == c.id, connection.c.closed_at.is_(None))
        .scalar_subquery()
    )
    sessions = tx.rows(
        UnfinishedSession,
        sa.select(
            c.id.label("session"),
            c.status,
            identity.c.name.label("user"),
            activity.c.name.label("activity"),
            resource.c.name.label("resource"),
            c.login_name.label("login"),
            c.scheduled_end.label("ends"),
            ledger.label("ledger"),
            connections.label("connections"),
        )
        .join(identity, identity.c.id == c.identity_id)
        .join(activity, activity.c.id == c.activity_id)
        .join(resource, resource.c.id == c.resource_id)
        .where(is_live)
        .order_by(c.scheduled_end, c.id)
        .limit(LISTED),
    )

    def count(table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(table).where(which)))

    return Unfinished(
        sessions=sessions,
        session_count=count(access_session, is_live),
        connection_count=count(connection, connection.c.closed_at.is_(None)),
        lease_count=count(lease, lease.c.state != State.ENDED),
        rotation_count=count(rotation, rotation.c.open_credential_id.is_not(None)),
    )
