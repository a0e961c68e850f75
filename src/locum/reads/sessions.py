"""Lists of access sessions with the names around them, their connections, and their logs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity, connection_profile
from locum.credentials.model import SHOWN_NAME, credential
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch
from locum.policies.model import policy
from locum.reads.log_lines import LinesAsked
from locum.reads.session_search import HISTORICAL, Filter, find
from locum.resources.model import host_user, platform, resource
from locum.sessions.lifecycle import Status
from locum.sessions.logon_model import logon_watch
from locum.sessions.model import (
    AccessSession,
    Connection,
    LogLine,
    access_session,
    connection,
    session_log,
)

__all__ = ["HISTORICAL", "Filter"]


class SessionRow(msgspec.Struct, frozen=True):
    """One session as lists show it. `open_connections` counts those that live now; what may be done with its password,
    and how long that may be seen, are its connection profile's words."""

    id: UUID
    status: int
    status_description: str | None
    identity_id: UUID
    identity_name: str
    identity_kind: int
    created_by: UUID | None
    created_by_name: str
    policy_id: UUID
    policy_name: str
    activity_id: UUID
    activity_name: str
    activity_type: int
    resource_id: UUID | None
    resource_name: str | None
    credential_id: UUID | None
    credential_name: str | None
    platform_id: UUID
    platform_name: str
    login_name: str
    note: str | None
    ticket: str | None
    scheduled_start: dt.datetime
    scheduled_end: dt.datetime
    actual_start: dt.datetime | None
    actual_end: dt.datetime | None
    created_at: dt.datetime
    open_connections: int
    locked: bool = False
    signed_in_directly: bool = False
    has_password: bool = False
    allow_password_access: bool = True
    allow_view_password: bool = False
    allow_autofill_password: bool = True
    view_password_seconds: int | None = None

    @property
    def signed_in(self) -> bool:
        """Whether somebody is there, as far as Locum knows: through the gateway, or past it where that is seen."""
        return self.open_connections > 0 or self.signed_in_directly


def sessions(tx: ReadTx, which: Filter, page: Page) -> Listed[SessionRow]:
    """One page of sessions, newest first unless ordered: three statements, four where a text is sought."""
    ids, total = find(tx, which, page)
    return Listed(session_rows(tx, ids), total)


def session_rows(tx: ReadTx, ids: list[UUID]) -> list[SessionRow]:
    """These sessions, which exist, in this order: one statement, none for none."""
    rows = {row.id: row for row in tx.rows(SessionRow, _rows().where(access_session.c.id.in_(ids)))} if ids else {}
    return [rows[one] for one in ids]


def session_row(tx: ReadTx, session_id: UUID) -> SessionRow:
    """One session that exists: one statement."""
    found = tx.first(SessionRow, _rows().where(access_session.c.id == session_id))
    assert found is not None
    return found


def rows_of(tx: ReadTx, ids: Collection[UUID]) -> list[SessionRow]:
    """These sessions, those that exist, in no order: one statement."""
    return tx.rows(SessionRow, _rows().where(access_session.c.id.in_(sorted(ids)))) if ids else []


class Names(msgspec.Struct, frozen=True):
    """What a session's address is made of."""

    identity_name: str
    activity_name: str
    resource_name: str | None


def names(tx: ReadTx, session_id: UUID) -> Names:
    """The names around one session that exists: one statement."""
    found = tx.first(Names, _rows().where(access_session.c.id == session_id))
    assert found is not None
    return found


def raw_sessions(
    tx: ReadTx,
    statuses: frozenset[Status],
    *,
    resource_id: UUID | None,
    account_id: UUID | None = None,
    limit: int,
) -> list[AccessSession]:
    """The latest sessions in some states, without the names around them: one statement.

    `account_id` is that of the account on the resource that they sign in as.
    """
    query = sa.select(*(access_session.c[name] for name in AccessSession.__struct_fields__)).where(
        access_session.c.status.in_(sorted(statuses))
    )
    if resource_id is not None:
        query = query.where(access_session.c.resource_id == resource_id)
    if account_id is not None:
        query = query.where(signs_in_as(account_id))
    return tx.rows(AccessSession, query.order_by(access_session.c.created_at.desc()).limit(limit))


def signs_in_as(account_id: UUID) -> sa.ColumnElement[bool]:
    """Whether a session signs in as this account of its resource, by the login that Locum chose for it."""
    c = host_user.c
    mine = c.resource_id == access_session.c.resource_id, c.login == access_session.c.login_name
    return sa.exists().where(c.id == account_id, *mine)


def connections(tx: ReadTx, session_ids: list[UUID]) -> dict[UUID, list[Connection]]:
    """The connections of some sessions, oldest first: one statement."""
    found: dict[UUID, list[Connection]] = {session_id: [] for session_id in session_ids}
    if session_ids:
        rows = tx.rows(
            Connection,
            sa.select(*(connection.c[name] for name in Connection.__struct_fields__))
            .where(connection.c.session_id.in_(session_ids))
            .order_by(connection.c.opened_at, connection.c.id),
        )
        for row in rows:
            found[row.session_id].append(row)
    return found


def log_lines(tx: ReadTx, session_id: UUID | None, asked: LinesAsked) -> Listed[LogLine]:
    """One page of a session's log (SES-12), or of all sessions' where the id is None."""
    line = session_log.c
    query = asked.of(
        sa.select(*(line[name] for name in LogLine.__struct_fields__)),
        at=line.at,
        level=line.level,
        texts=[line.text],
    )
    if session_id is not None:
        query = query.where(line.session_id == session_id)
    return fetch(tx, LogLine, query, asked.page("id"), columns={"id": line.id}, tie=line.id, searched=[])


class LogSize(msgspec.Struct, frozen=True):
    """How long the log of all sessions is, in characters, and when it was last written to."""

    length: int
    last_write: dt.datetime | None


def log_size(tx: ReadTx) -> LogSize:
    """One statement over the log."""
    found = tx.first(
        LogSize,
        sa.select(
            sa.func.coalesce(sa.func.sum(sa.func.length(session_log.c.text)), 0).label("length"),
            sa.func.max(session_log.c.at).label("last_write"),
        ),
    )
    assert found is not None
    return found


def _rows() -> sa.Select[Any]:
    live = (
        sa.select(sa.func.count())
        .select_from(connection)
        .where(connection.c.session_id == access_session.c.id, connection.c.closed_at.is_(None))
        .scalar_subquery()
    )
    directly = sa.exists().where(
        logon_watch.c.session_id == access_session.c.id, logon_watch.c.signed_in_since.is_not(None)
    )
    return sa.select(
        access_session.c.id,
        access_session.c.status,
        access_session.c.status_description,
        access_session.c.identity_id,
        identity.c.name.label("identity_name"),
        identity.c.kind.label("identity_kind"),
        access_session.c.created_by,
        access_session.c.created_by_name,
        access_session.c.policy_id,
        policy.c.name.label("policy_name"),
        access_session.c.activity_id,
        activity.c.name.label("activity_name"),
        activity.c.type.label("activity_type"),
        access_session.c.resource_id,
        resource.c.name.label("resource_name"),
        access_session.c.credential_id,
        SHOWN_NAME.label("credential_name"),
        platform.c.id.label("platform_id"),
        platform.c.name.label("platform_name"),
        access_session.c.login_name,
        access_session.c.note,
        access_session.c.ticket,
        access_session.c.scheduled_start,
        access_session.c.scheduled_end,
        access_session.c.actual_start,
        access_session.c.actual_end,
        access_session.c.created_at,
        live.label("open_connections"),
        directly.label("signed_in_directly"),
        access_session.c.locked,
        access_session.c.password_secret_id.is_not(None).label("has_password"),
        connection_profile.c.allow_password_access,
        connection_profile.c.allow_view_password,
        connection_profile.c.allow_autofill_password,
        connection_profile.c.view_password_seconds,
    ).select_from(
        access_session.join(identity, identity.c.id == access_session.c.identity_id)
        .join(policy, policy.c.id == access_session.c.policy_id)
        .join(connection_profile, connection_profile.c.id == access_session.c.profile_id)
        .join(activity, activity.c.id == access_session.c.activity_id)
        .outerjoin(resource, resource.c.id == access_session.c.resource_id)
        .outerjoin(credential, credential.c.id == access_session.c.credential_id)
        # That of a session of a credential is the built-in activity's.
        .join(platform, platform.c.id == sa.func.coalesce(resource.c.platform_id, activity.c.platform_id))
    )
