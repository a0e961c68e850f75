"""Figures about access sessions: how many there are, how long they ran, who had most, and what they have open."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.actions.plan import FIRST
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.reads.session_search import Filter, matching
from locum.reads.sessions import signs_in_as
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, access_session, ledger_entry

DAY_SECONDS = 86_400
SWITCHED = (*FIRST, "group", "role")
"""Kinds of ledger entries that switch an account on or put it into a group."""


class Figures(msgspec.Struct, frozen=True):
    """So many sessions, and how many seconds those of them lasted that had started; live ones until now."""

    count_sessions: int
    sum_duration: int
    avg_duration: int
    min_duration: int
    max_duration: int


class OwnFigures(msgspec.Struct, frozen=True):
    """The figures of one identity."""

    managed_account_id: UUID
    managed_account_name: str
    count_sessions: int
    sum_duration: int
    avg_duration: int
    min_duration: int
    max_duration: int


class DayFigures(msgspec.Struct, frozen=True):
    """So many sessions were asked for on a day (counted from 1970), and so many of them failed or were not approved."""

    day: int
    total: int
    failed: int
    denied: int


def how_many(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Of how many of the rows that is true."""
    return sa.cast(sa.func.coalesce(sa.func.sum(sa.case((which, 1), else_=0)), 0), sa.BigInteger)


def by_day(tx: ReadTx, first_day: int, offset_minutes: int) -> list[DayFigures]:
    """The days from that one on, but those without any; they begin so many minutes before UTC's. One statement."""
    c = access_session.c
    since = dt.datetime.fromtimestamp(first_day * DAY_SECONDS - offset_minutes * 60, dt.UTC)
    seconds = sa.cast(sa.extract("epoch", c.created_at), sa.BigInteger) + offset_minutes * 60
    asked = sa.select((seconds // DAY_SECONDS).label("day"), c.status).where(c.created_at >= since).subquery()
    denied = [Status.APPROVAL_DENIED, Status.APPROVAL_FAILED]
    query = sa.select(
        asked.c.day,
        sa.func.count().label("total"),
        how_many(asked.c.status == Status.FAILED).label("failed"),
        how_many(asked.c.status.in_(denied)).label("denied"),
    )
    return tx.rows(DayFigures, query.group_by(asked.c.day).order_by(asked.c.day))


def count(
    tx: ReadTx,
    statuses: frozenset[Status] | None,
    *,
    resource_id: UUID | None = None,
    account_id: UUID | None = None,
    policies: frozenset[UUID] | None = None,
) -> int:
    """How many sessions are in these states (None: any), on a resource, as an account there: one statement."""
    c = access_session.c
    query = sa.select(sa.func.count()).select_from(access_session)
    if statuses is not None:
        query = query.where(c.status.in_(sorted(statuses)))
    if resource_id is not None:
        query = query.where(c.resource_id == resource_id)
    if account_id is not None:
        query = query.where(signs_in_as(account_id))
    if policies is not None:
        query = query.where(c.policy_id.in_(sorted(policies)))
    return int(tx.scalar(query))


def figures(tx: ReadTx, which: Filter, text: str | None) -> Figures:
    """Of the sessions that a list would show: one statement, two with a text."""
    query = sa.select(*_figures(tx.now)).select_from(access_session)
    found = tx.first(Figures, query.where(*matching(tx, which, text)))
    assert found is not None
    return found


def top_users(tx: ReadTx, which: Filter, text: str | None, limit: int) -> list[OwnFigures]:
    """Whose sessions they are, who had most first: one statement, two with a text."""
    owner = identity.c.id.label("managed_account_id"), identity.c.name.label("managed_account_name")
    most, *durations = _figures(tx.now)
    query = sa.select(*owner, most, *durations).select_from(
        access_session.join(identity, identity.c.id == access_session.c.identity_id)
    )
    query = query.where(*matching(tx, which, text))
    query = query.group_by(identity.c.id, identity.c.name).order_by(sa.desc("count_sessions"), identity.c.id)
    return tx.rows(OwnFigures, query.limit(limit))


def open_resources(tx: ReadTx, owner: UUID | None, policies: frozenset[UUID] | None) -> int:
    """On how many resources sessions (of `owner`, None: of anybody) have access now: one statement."""
    query = _open(sa.select(sa.func.count(ledger_entry.c.resource_id.distinct())), policies)
    if owner is not None:
        query = query.where(access_session.c.identity_id == owner)
    return int(tx.scalar(query))


def open_accounts(tx: ReadTx, policies: frozenset[UUID] | None) -> int:
    """How many accounts and memberships of groups sessions have switched on now: one statement."""
    query = _open(sa.select(sa.func.count()), policies).where(ledger_entry.c.kind.in_(SWITCHED))
    return int(tx.scalar(query))


def _open(query: sa.Select[Any], policies: frozenset[UUID] | None) -> sa.Select[Any]:
    of = access_session.c.id == ledger_entry.c.session_id
    query = query.select_from(ledger_entry.join(access_session, of))
    if policies is not None:
        query = query.where(access_session.c.policy_id.in_(sorted(policies)))
    return query.where(ledger_entry.c.state.in_((EntryState.INTENDED, EntryState.APPLIED)))


def _figures(now: dt.datetime) -> list[sa.ColumnElement[Any]]:
    c = access_session.c
    until = sa.func.coalesce(sa.extract("epoch", c.actual_end), int(now.timestamp()))
    # A session that hasn't started has no length: sums, means, least and most leave NULL out.
    seconds = until - sa.extract("epoch", c.actual_start)
    of_all = [sa.func.sum(seconds), sa.func.avg(seconds), sa.func.min(seconds), sa.func.max(seconds)]
    durations = [
        sa.cast(sa.func.coalesce(value, 0), sa.BigInteger).label(f"{value.name}_duration") for value in of_all
    ]
    return [sa.func.count().label("count_sessions"), *durations]
