"""What an administrator should look at: rights that would not go, secrets that would not change, targets that don't
answer, recordings that stay here, keys that are about to expire, people who can't sign in. One statement for each kind,
and a handful of rows with the number of all."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.model import SHOWN_NAME, Verified, credential, managed_user
from locum.identities.model import api_key, identity, local_login
from locum.kit.db import ReadTx
from locum.resources.model import resource, unreached
from locum.sessions import archiving
from locum.sessions.lifecycle import ENDED, Status
from locum.sessions.model import EntryState, access_session, connection, ledger_entry
from locum.sessions.node_model import node_life

SHOWN = 10
EXPIRES_SOON = dt.timedelta(days=14)
ARCHIVED_AFTER = dt.timedelta(minutes=10)
"""For so long a closed recording may wait for the archive before anybody is told."""


class Kind(StrEnum):
    """What is wrong. A concern's `id` is that of the session, credential, resource, recording, application or person
    that it is about."""

    GRANT = "grant"
    CREDENTIAL = "credential"
    HOST = "host"
    RECORDING = "recording"
    API_KEY = "api_key"
    ACCOUNT = "account"


class Concern(msgspec.Struct, frozen=True):
    """One thing to look at: `name` where (`place`), since or until `at`, and what was said of it."""

    id: UUID
    name: str
    place: str | None
    at: dt.datetime | None
    problem: str | None


class _Row(Concern, frozen=True):
    total: int


@dataclass(frozen=True, slots=True)
class Concerns:
    """The most urgent of one kind, and how many there are."""

    kind: Kind
    total: int
    first: list[Concern]


def attention(tx: ReadTx, *, archiving_node: str | None) -> list[Concerns]:
    """All kinds, those without a concern too. `archiving_node`: this one, where recordings move to an archive."""
    queries = {
        Kind.GRANT: _counted(_grants()),
        Kind.CREDENTIAL: _counted(_credentials()),
        Kind.HOST: _hosts(),
        Kind.RECORDING: _recordings(tx.now, archiving_node) if archiving_node else None,
        Kind.API_KEY: _counted(_api_keys(tx.now)),
        Kind.ACCOUNT: _counted(_accounts(tx.now)),
    }
    return [_concerns(tx, kind, query) for kind, query in queries.items()]


def _concerns(tx: ReadTx, kind: Kind, query: sa.Select[Any] | None) -> Concerns:
    rows = [] if query is None else tx.rows(_Row, query)
    first = [Concern(row.id, row.name, row.place, row.at, row.problem) for row in rows]
    return Concerns(kind, rows[0].total if rows else 0, first)


def _counted(query: sa.Select[Any]) -> sa.Select[Any]:
    """The first of its rows, each with the number of all."""
    return query.add_columns(sa.func.count().over().label("total")).limit(SHOWN)


def _grants() -> sa.Select[Any]:
    """Sessions that are ending, or have, and have changes on a target that could not be taken back, oldest first."""
    entry, session = ledger_entry.c, access_session.c
    stuck = entry.state.in_([EntryState.INTENDED, EntryState.APPLIED]), entry.failures > 0
    said = sa.select(sa.func.max(entry.last_error)).where(entry.session_id == session.id, *stuck)
    return (
        sa.select(
            session.id,
            identity.c.name,
            resource.c.name.label("place"),
            session.modified_at.label("at"),
            said.scalar_subquery().label("problem"),
        )
        .join(identity, identity.c.id == session.identity_id)
        .outerjoin(resource, resource.c.id == session.resource_id)
        .where(
            session.id.in_(sa.select(entry.session_id).where(*stuck)),
            session.status.in_(sorted({Status.CANCELLING, *ENDED})),
        )
        .order_by(session.modified_at, session.id)
    )


def _credentials() -> sa.Select[Any]:
    """Secrets that could not be changed or verified on their target, or are not what the vault has."""
    managed = managed_user.c
    return (
        sa.select(
            credential.c.id,
            SHOWN_NAME.label("name"),
            resource.c.name.label("place"),
            managed.modified_at.label("at"),
            managed.last_error.label("problem"),
        )
        .join(credential, credential.c.id == managed.credential_id)
        .join(resource, resource.c.id == managed.resource_id)
        .where(
            credential.c.deleted_at.is_(None),
            sa.or_(managed.status.in_([Verified.FAILED, Verified.MISMATCH]), managed.last_error.is_not(None)),
        )
        .order_by(managed.modified_at.desc(), managed.id)
    )


def _hosts() -> sa.Select[Any]:
    """Resources that could not be reached when Locum last tried, the longest first: few of very many."""
    down = _counted(sa.select(unreached).order_by(unreached.c.since, unreached.c.resource_id)).subquery()
    return (
        sa.select(
            resource.c.id,
            resource.c.name,
            sa.null().label("place"),
            down.c.since.label("at"),
            down.c.reason.label("problem"),
            down.c.total,
        )
        .select_from(down)
        .join(resource, resource.c.id == down.c.resource_id)
        .order_by(down.c.since, resource.c.id)
    )


def _recordings(now: dt.datetime, node: str) -> sa.Select[Any]:
    """Recordings that should have gone to the archive, the oldest first: this node's, and those of others that live.

    There may be very many: they are counted by their index alone.
    """
    c = connection.c
    nodes = sa.union(sa.select(sa.literal(node)), sa.select(node_life.c.node))
    late = _counted(
        sa.select(c.id, c.session_id, c.closed_at)
        .where(c.node.in_(nodes), c.closed_at < now - ARCHIVED_AFTER, *archiving.WAITING)
        .order_by(c.closed_at, c.id)
    ).subquery()
    session = access_session.c
    return (
        sa.select(
            late.c.id,
            identity.c.name,
            resource.c.name.label("place"),
            late.c.closed_at.label("at"),
            sa.null().label("problem"),
            late.c.total,
        )
        .select_from(late)
        .join(access_session, session.id == late.c.session_id)
        .join(identity, identity.c.id == session.identity_id)
        .outerjoin(resource, resource.c.id == session.resource_id)
        .order_by(late.c.closed_at, late.c.id)
    )


def _api_keys(now: dt.datetime) -> sa.Select[Any]:
    """Keys that stop working soon, the first to do so first. Those that have stopped already need no warning."""
    key = api_key.c
    return (
        sa.select(
            identity.c.id,
            identity.c.name,
            key.name.label("place"),
            key.expires_at.label("at"),
            sa.null().label("problem"),
        )
        .join(identity, identity.c.id == key.identity_id)
        .where(
            key.revoked_at.is_(None),
            key.expires_at > now,
            key.expires_at <= now + EXPIRES_SOON,
            identity.c.deleted_at.is_(None),
        )
        .order_by(key.expires_at, key.id)
    )


def _accounts(now: dt.datetime) -> sa.Select[Any]:
    """People and applications that are locked by an administrator, or for a while by wrong passwords."""
    return (
        sa.select(
            identity.c.id,
            identity.c.name,
            sa.null().label("place"),
            sa.case((local_login.c.locked_until > now, local_login.c.locked_until)).label("at"),
            sa.null().label("problem"),
        )
        .outerjoin(local_login, local_login.c.identity_id == identity.c.id)
        .where(
            identity.c.deleted_at.is_(None),
            sa.or_(identity.c.locked.is_(True), local_login.c.locked_until > now),
        )
        .order_by(identity.c.name_key)
    )
