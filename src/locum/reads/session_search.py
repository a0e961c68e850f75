"""Finds which access sessions a page of a list shows, and how many there are, a million past ones by index.

What is sought in text is sought first where the names are; then each name's sessions are a range of an index. A
session's own words, note and ticket, lie in one index with all that sessions are found by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity
from locum.credentials.model import credential
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.kit.errors import Invalid
from locum.kit.names import name_key
from locum.kit.paging import Page, check_page, contains
from locum.policies.joins import members_of
from locum.policies.model import policy
from locum.reads.recorded_text import sessions_with
from locum.recordings.lines import Stream
from locum.resources.model import resource
from locum.sessions.lifecycle import ENDED, LIVE, Status
from locum.sessions.model import access_session

HISTORICAL = frozenset(ENDED)
MANY = 10_000
"""From so many on, a page is found by walking through all sessions in order, below by sorting what was found."""
NAMED = 500
"""As many things of one kind whose name holds a text are named by their ids in what follows."""


class Filter(msgspec.Struct, frozen=True):
    """Which sessions. `owner` limits the list to one person's own, `kinds` to owners of these kinds of identity.

    `policies` limits it to sessions under these access policies, `group` to those of people in a group or collection,
    `recorded` to those on whose recorded connections this was shown or typed, as `recorded_text.check_text` takes it.
    No `statuses`: in any.
    """

    statuses: frozenset[Status] | None = None
    owner: UUID | None = None
    resource: UUID | None = None
    group: UUID | None = None
    policies: frozenset[UUID] | None = None
    kinds: frozenset[int] | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    resource_names: tuple[str, ...] = ()
    user_names: tuple[str, ...] = ()
    recorded: str | None = None
    recorded_stream: Stream | None = None


_s = access_session.c
_ORDERED: dict[str, sa.Column[Any]] = {
    "createddatetimeutc": _s.created_at,
    "startdatetimeutc": _s.scheduled_start,
    "enddatetimeutc": _s.scheduled_end,
    "actualstartdatetimeutc": _s.actual_start,
    "actualenddatetimeutc": _s.actual_end,
    "sessionstatus": _s.status,
    "status": _s.status,
    "activityname": activity.c.name,
    "managedresourcename": resource.c.name,
    "userdisplayname": identity.c.name,
    "createdbydisplayname": _s.created_by_name,
    "accesspolicyname": policy.c.name,
    "note": _s.note,
    "ticket": _s.ticket,
}
_NAMES: dict[sa.Table, sa.Column[Any]] = {
    activity: _s.activity_id,
    policy: _s.policy_id,
    identity: _s.identity_id,
    resource: _s.resource_id,
    credential: _s.credential_id,
}
"""Where the names around a session are, the ones with most sessions each first."""


class _Named(msgspec.Struct, frozen=True):
    kind: int
    id: UUID


class _Few(msgspec.Struct, frozen=True):
    id: UUID
    total: int


def find(
    tx: ReadTx, which: Filter, page: Page, also: Sequence[sa.ColumnElement[bool]] = ()
) -> tuple[list[UUID], int]:
    """The sessions of the page in their order, newest first unless ordered, and how many there are in all. `also`
    holds for each.

    At most three statements, four where a text is sought.
    """
    check_page(page)
    column = _ORDERED.get((page.order_by or "createdDateTimeUtc").lower())
    if column is None:
        raise Invalid("orderBy names no column of this list", field="orderBy")
    wanted, holding = [*_wanted(tx, which), *also], _holding(tx, page.filter_text)
    if which.owner is not None and holding:  # one person's are looked through
        wanted, holding = [*wanted, sa.or_(*holding)], []
    hits = _hits(wanted, holding)
    every = which == Filter(HISTORICAL) and not page.filter_text and not also
    if page.take and not every:
        rows = _few(tx, page, column, hits)
        if rows and rows[0].total < MANY:
            return [row.id for row in rows], rows[0].total
        if not rows and not page.skip:
            return [], 0
    total = _all(tx) if every else int(tx.scalar(sa.select(sa.func.count()).select_from(hits.subquery())))
    if page.take == 0 or page.skip >= total:
        return [], total
    # Many in one status: a range of an index has them, but not in their order.
    if which.statuses is not None:
        wanted[0] = (_s.status + 0).in_(sorted(which.statuses))
    return _walk(tx, page, column, [*wanted, sa.or_(*holding)] if holding else wanted), total


def matching(tx: ReadTx, which: Filter, text: str | None) -> list[sa.ColumnElement[bool]]:
    """What holds for every session that is meant. A statement where a text is sought, none otherwise."""
    wanted, holding = _wanted(tx, which), _holding(tx, text)
    return [*wanted, sa.or_(*holding)] if holding else wanted


def _few(
    tx: ReadTx, page: Page, column: sa.Column[Any], hits: sa.Select[Any] | sa.CompoundSelect[Any]
) -> list[_Few]:
    """The page with the number of all hits, unless they are MANY: those are taken out first, then sorted."""
    few = sa.select(hits.subquery()).limit(MANY).cte("few")
    source: sa.FromClause = few
    if column is _s.created_at:
        order: sa.ColumnElement[Any] = few.c.created_at
    else:
        source, order = _joined(few.join(access_session, _s.id == few.c.id), column), column
    query = sa.select(few.c.id, sa.func.count().over().label("total")).select_from(source)
    return tx.rows(_Few, query.order_by(*_order(page, order, few.c.id)).offset(page.skip).limit(page.take))


def _walk(tx: ReadTx, page: Page, column: sa.Column[Any], match: list[sa.ColumnElement[bool]]) -> list[UUID]:
    """The page of many: all sessions are walked through in order, which soon has enough."""
    query = sa.select(_s.id).select_from(_joined(access_session, column)).where(*match)
    return tx.scalars(query.order_by(*_order(page, column, _s.id)).offset(page.skip).limit(page.take))


def _joined(source: sa.FromClause, column: sa.Column[Any]) -> sa.FromClause:
    """With the table of a name by which is ordered."""
    table = column.table
    return source if table is access_session else source.outerjoin(table, table.c.id == _NAMES[table])


def _order(page: Page, *columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    descending = page.descending or page.order_by is None
    return [column.desc() if descending else column.asc() for column in columns]


def _hits(
    wanted: list[sa.ColumnElement[bool]], holding: list[sa.ColumnElement[bool]]
) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """Each session once: of several reasons for which it holds a text, the first counts."""
    columns = sa.select(_s.id, _s.created_at)
    if not holding:
        return columns.where(*wanted)
    parts = [
        columns.where(*wanted, one, *(sa.not_(sa.func.coalesce(before, sa.false())) for before in holding[:n]))
        for n, one in enumerate(holding)
    ]
    return sa.union_all(*parts)


def _all(tx: ReadTx) -> int:
    """How many are over: how long a table is, a database knows best."""
    every = sa.select(sa.func.count()).select_from(access_session)
    live = every.where(_s.status.in_(sorted(LIVE))).scalar_subquery()
    return int(tx.scalar(sa.select(every.scalar_subquery() - live)))


def _wanted(tx: ReadTx, which: Filter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]]
    if which.statuses == HISTORICAL:
        wanted = [_s.status.not_in(sorted(LIVE))]  # nearly all: no index is chosen for that
    elif which.statuses is None:
        wanted = [sa.true()]
    else:
        wanted = [_s.status.in_(sorted(which.statuses))]
    if which.owner is not None:
        wanted.append(_s.identity_id == which.owner)
    if which.resource is not None:
        wanted.append(_s.resource_id == which.resource)
    if which.group is not None:
        wanted.append(_s.identity_id.in_(members_of(which.group)))
    if which.policies is not None:
        wanted.append(_s.policy_id.in_(sorted(which.policies)))
    if which.kinds is not None:
        wanted.append(_s.identity_id.in_(sa.select(identity.c.id).where(identity.c.kind.in_(sorted(which.kinds)))))
    if which.since is not None:
        wanted.append(_s.created_at >= which.since)
    if which.until is not None:
        wanted.append(_s.created_at <= which.until)
    if which.resource_names:
        keys = sorted({name_key(name) for name in which.resource_names})
        named = sa.select(resource.c.id).where(
            resource.c.name_key.in_(keys), resource.c.name.in_(which.resource_names)
        )
        wanted.append(_s.resource_id.in_(named))
    if which.user_names:
        wanted.append(_s.identity_id.in_(sa.select(identity.c.id).where(identity.c.name.in_(which.user_names))))
    if which.recorded is not None:
        wanted.append(_s.id.in_(sessions_with(tx, which.recorded, which.recorded_stream)))
    return wanted


def _holding(tx: ReadTx, text: str | None) -> list[sa.ColumnElement[bool]]:
    """The reasons for which a session can hold the text; none without a text."""
    if not text:
        return []
    key = name_key(text)
    place = sa.func.instr if tx.dialect == "sqlite" else sa.func.strpos
    names = {table: contains([table.c.name], text) for table in _NAMES if table is not credential}
    names[credential] = contains([credential.c.username, credential.c.name], text)
    names[resource] = place(resource.c.name_key, key) > 0
    some = [
        sa.select(sa.literal(n).label("kind"), table.c.id).where(match).limit(NAMED + 1).subquery().select()
        for n, (table, match) in enumerate(names.items())
    ]
    found: dict[int, list[UUID]] = {}
    for row in tx.rows(_Named, sa.union_all(*some)):
        found.setdefault(row.kind, []).append(row.id)
    holding: list[sa.ColumnElement[bool]] = []
    for n, (table, match) in enumerate(names.items()):
        if ids := found.get(n):
            holding.append(_NAMES[table].in_(ids if len(ids) <= NAMED else sa.select(table.c.id).where(match)))
    holding.append(sa.and_(_s.search_key != sa.literal_column("''"), place(_s.search_key, key) > 0))
    return holding
