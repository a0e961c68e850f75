"""Which connections were recorded, and of whom."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity
from locum.identities.caller import Caller
from locum.identities.custom_roles import within
from locum.identities.model import identity
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch
from locum.kit.permissions import Permission
from locum.resources.model import resource
from locum.sessions.lifecycle import ENDED
from locum.sessions.model import RECORDED, access_session, connection


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
        .where(RECORDED, connection.c.recording_deleted_at.is_(None))
        .order_by(connection.c.opened_at.desc(), connection.c.id.desc())
        .limit(limit),
    )
    return [dict(msgspec.to_builtins(row)) for row in rows]


def digest(tx: ReadTx, connection_id: UUID) -> str | None:
    """The digest (hex) with which a connection's recording was closed, None if it was not."""
    found: str | None = tx.scalar(sa.select(connection.c.recording_digest).where(connection.c.id == connection_id))
    return found


class RecordingRow(msgspec.Struct, frozen=True):
    """One recorded connection of an access session that has ended."""

    id: UUID
    session_id: UUID
    identity_id: UUID
    identity_name: str
    activity_name: str
    resource_id: UUID
    resource_name: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None


_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "startdatetimeutc": connection.c.opened_at,
    "enddatetimeutc": connection.c.closed_at,
    "username": identity.c.name,
    "activityname": activity.c.name,
    "managedresourcename": resource.c.name,
}
_SEARCHED = ["username", "activityname", "managedresourcename"]


def of_ended_sessions(tx: ReadTx, caller: Caller, page: Page) -> Listed[RecordingRow]:
    """One page of what `caller` may view (ROLE-04), newest first unless ordered: two statements."""
    if page.order_by is None:
        page = Page(page.skip, page.take, "startDateTimeUtc", True, page.filter_text)
    query = viewable(caller)
    return fetch(tx, RecordingRow, query, page, columns=_COLUMNS, tie=connection.c.id, searched=_SEARCHED)


def of_ended_session(tx: ReadTx, caller: Caller, connection_id: UUID) -> RecordingRow | None:
    """One recording, None where there is none that `caller` may view."""
    return tx.first(RecordingRow, viewable(caller).where(connection.c.id == connection_id))


def viewable(caller: Caller) -> sa.Select[Any]:
    """The recordings of ended sessions that `caller` may view, as RecordingRow."""
    return of_any_session(caller).where(access_session.c.status.in_(sorted(ENDED)))


def of_any_session(caller: Caller) -> sa.Select[Any]:
    """As `viewable`, of live sessions too: for whoever may view those."""
    columns = {ScopeKind.IDENTITY: access_session.c.identity_id, ScopeKind.RESOURCE: access_session.c.resource_id}
    policies = caller.key.policies if caller.key else None
    return (
        sa.select(
            connection.c.id,
            connection.c.session_id,
            access_session.c.identity_id,
            identity.c.name.label("identity_name"),
            activity.c.name.label("activity_name"),
            access_session.c.resource_id,
            resource.c.name.label("resource_name"),
            connection.c.opened_at,
            connection.c.closed_at,
        )
        .select_from(
            connection.join(access_session, access_session.c.id == connection.c.session_id)
            .join(identity, identity.c.id == access_session.c.identity_id)
            .join(activity, activity.c.id == access_session.c.activity_id)
            .join(resource, resource.c.id == access_session.c.resource_id)
        )
        .where(
            RECORDED,
            connection.c.recording_deleted_at.is_(None),
            within(caller, Permission.RECORDINGS_ENDED_VIEW, columns),
            # Sessions under other policies than an API key lists don't exist for it, nor do their recordings (SEC-30).
            sa.true() if policies is None else access_session.c.policy_id.in_(sorted(policies)),
        )
    )


class LiveRow(msgspec.Struct, frozen=True):
    """One recorded connection that goes on, and the node it passes."""

    id: UUID
    node: str
    identity_name: str
    resource_name: str


def live_one(tx: ReadTx, caller: Caller, connection_id: UUID) -> LiveRow | None:
    """One recorded connection that goes on now, None where there is none of which `caller` may know."""
    query = of_any_session(caller).add_columns(connection.c.node)
    return tx.first(LiveRow, query.where(connection.c.id == connection_id, connection.c.closed_at.is_(None)))


def is_open(tx: ReadTx, connection_id: UUID) -> bool:
    """Whether a connection goes on."""
    still = sa.select(connection.c.id).where(connection.c.id == connection_id, connection.c.closed_at.is_(None))
    return tx.scalar(still) is not None
