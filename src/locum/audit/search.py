"""Looks into the audit log: one page of its events, and how far it is sealed and signed.

Neither says that the chain holds: that takes reading all of it, which `verify` does.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.model import audit_checkpoint, audit_event, audit_pending, audit_seal
from locum.kit.db import ReadTx, UtcTime
from locum.kit.paging import Listed, Page, fetch


class FoundEvent(msgspec.Struct, frozen=True):
    """One event; `seq` is its place in the chain, None while it waits for its seal."""

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
    seq: int | None


class LogState(msgspec.Struct, frozen=True):
    """How many events are sealed, how far the chain is signed and since when, and what waits for its seal."""

    sealed: int
    signed: int
    signed_at: dt.datetime | None
    waiting: int
    waiting_since: dt.datetime | None


class _LastTime(msgspec.Struct, frozen=True):
    object_id: UUID
    at: dt.datetime


_COLUMNS: dict[str, sa.ColumnElement[object]] = {
    "atdatetimeutc": audit_event.c.at,
    "actorname": audit_event.c.actor_name,
    "address": audit_event.c.address,
    "action": audit_event.c.action,
    "outcome": audit_event.c.outcome,
    "detail": audit_event.c.detail,
}
_SEARCHED = ["actorname", "address", "action", "detail"]


def search(
    tx: ReadTx,
    page: Page,
    *,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    troubled: bool = False,
    object_id: UUID | None = None,
) -> Listed[FoundEvent]:
    """Newest first unless ordered, in two statements. `troubled`: only what was denied, refused or failed."""
    if page.order_by is None:
        page = Page(page.skip, page.take, "atDateTimeUtc", True, page.filter_text)
    query = sa.select(*audit_event.c, audit_seal.c.seq).outerjoin_from(
        audit_event, audit_seal, audit_seal.c.event_id == audit_event.c.id
    )
    if since is not None:
        query = query.where(audit_event.c.at >= since)
    if until is not None:
        query = query.where(audit_event.c.at < until)
    if troubled:
        query = query.where(audit_event.c.outcome != "ok")
    if object_id is not None:
        query = query.where(audit_event.c.object_id == object_id)
    return fetch(tx, FoundEvent, query, page, columns=_COLUMNS, tie=audit_event.c.id, searched=_SEARCHED)


def last_times(tx: ReadTx, action: str, object_ids: list[UUID]) -> dict[UUID, dt.datetime]:
    """When that was last done with each of these things, as far as it ever was: one statement, none for none."""
    which = audit_event.c.object_id
    query = sa.select(which, sa.func.max(audit_event.c.at, type_=UtcTime).label("at"))
    query = query.where(which.in_(object_ids), audit_event.c.action == action).group_by(which)
    return {row.object_id: row.at for row in tx.rows(_LastTime, query)} if object_ids else {}


def state(tx: ReadTx) -> LogState:
    """In one statement, so that its parts belong together while a sealer is at work."""
    signed = sa.select(sa.func.max(audit_checkpoint.c.seq)).scalar_subquery()
    waiting = audit_pending.join(audit_event, audit_event.c.id == audit_pending.c.event_id)
    (found,) = tx.rows(
        LogState,
        sa.select(
            sa.func.coalesce(sa.select(sa.func.max(audit_seal.c.seq)).scalar_subquery(), 0).label("sealed"),
            sa.func.coalesce(signed, 0).label("signed"),
            sa.select(audit_checkpoint.c.at)
            .where(audit_checkpoint.c.seq == signed)
            .scalar_subquery()
            .label("signed_at"),
            sa.select(sa.func.count()).select_from(audit_pending).scalar_subquery().label("waiting"),
            sa.select(sa.func.min(audit_event.c.at)).select_from(waiting).scalar_subquery().label("waiting_since"),
        ),
    )
    return found
