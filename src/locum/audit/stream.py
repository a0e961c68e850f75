"""Reads the audit log from end to end in bounded memory: pages of 5,000 rows, one statement each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.model import audit_checkpoint, audit_event, audit_pending, audit_seal
from locum.audit.seal import Checkpoint, Event, Hash, Instant, Number, Seal
from locum.kit.db import ReadTx

PAGE_ROWS = 5000
_BEFORE_ALL = -(2**63)  # a forged row may have a number below 1; it must be seen too

R = TypeVar("R", bound=msgspec.Struct)


class Unreadable(msgspec.Struct, frozen=True):
    """A row whose values are not of their columns' kinds; only its key could be read."""

    key: int


class SealedRow(msgspec.Struct, frozen=True):
    """A seal and the event it is on; the event's part is None if there is no such event."""

    seq: Number
    event_id: Number
    previous: Hash
    hash: Hash
    found_id: Number | None
    at: Instant | None
    actor_id: UUID | None
    actor_name: str | None
    address: str | None
    action: str | None
    object_kind: str | None
    object_id: UUID | None
    outcome: str | None
    detail: str | None

    @property
    def seal(self) -> Seal:
        return Seal(self.seq, self.event_id, self.previous, self.hash)

    @property
    def event(self) -> Event | None:
        if self.found_id is None or self.at is None:
            return None
        if self.actor_name is None or self.action is None or self.outcome is None or self.detail is None:
            return None
        return Event(
            self.found_id,
            self.at,
            self.actor_id,
            self.actor_name,
            self.address,
            self.action,
            self.object_kind,
            self.object_id,
            self.outcome,
            self.detail,
        )


class Unsealed(msgspec.Struct, frozen=True):
    """An event without a seal. `waits`: whether it stands in the queue for one."""

    id: int
    at: dt.datetime
    waits: bool


class Extent(msgspec.Struct, frozen=True):
    """How far the log goes: the last seal and the last checkpoint, 0 for none."""

    seals: int
    checkpoints: int


class Head(msgspec.Struct, frozen=True):
    """The end of the chain."""

    seq: int
    hash: bytes


def extent(tx: ReadTx) -> Extent:
    """Both ends in one statement, so that they belong together while a sealer is at work."""
    last_seal = sa.select(sa.func.max(audit_seal.c.seq)).scalar_subquery()
    last_checkpoint = sa.select(sa.func.max(audit_checkpoint.c.seq)).scalar_subquery()
    query = sa.select(
        sa.func.coalesce(last_seal, 0).label("seals"), sa.func.coalesce(last_checkpoint, 0).label("checkpoints")
    )
    return tx.rows(Extent, query)[0]


def sealed(tx: ReadTx, up_to: int) -> Iterator[SealedRow | Unreadable]:
    """Seals with their events in the order of the chain."""
    event = audit_event.c
    query = (
        sa.select(audit_seal, event.id.label("found_id"), *(c for c in event if c.name != "id"))
        .outerjoin_from(audit_seal, audit_event, audit_seal.c.event_id == event.id)
        .where(audit_seal.c.seq <= up_to)
    )
    return _all(tx, SealedRow, query, audit_seal.c.seq)


def checkpoints(tx: ReadTx, up_to: int) -> Iterator[Checkpoint | Unreadable]:
    """Checkpoints in the order of the chain."""
    query = sa.select(audit_checkpoint).where(audit_checkpoint.c.seq <= up_to)
    return _all(tx, Checkpoint, query, audit_checkpoint.c.seq)


def unsealed(tx: ReadTx) -> Iterator[Unsealed | Unreadable]:
    """Events without a seal, by id. Seal and queue are looked up in the same statement as the event."""
    return _all(tx, Unsealed, _without_seal(audit_event.c.id, audit_event.c.at, _waits), audit_event.c.id)


def unsealed_events(tx: ReadTx) -> Iterator[Event | Unreadable]:
    """The same events in full."""
    return _all(tx, Event, _without_seal(*audit_event.c), audit_event.c.id)


def waiting_for_nothing(tx: ReadTx) -> list[int]:
    """Ids in the queue whose event is gone: at most 100."""
    return tx.scalars(
        sa.select(audit_pending.c.event_id)
        .outerjoin(audit_event, audit_event.c.id == audit_pending.c.event_id)
        .where(audit_event.c.id.is_(None))
        .order_by(audit_pending.c.event_id)
        .limit(100)
    )


def seal_head(tx: ReadTx) -> Head | None:
    """The newest seal."""
    query = sa.select(audit_seal.c.seq, audit_seal.c.hash).order_by(audit_seal.c.seq.desc())
    return tx.first(Head, query)


_waits = audit_pending.c.event_id.is_not(None).label("waits")


def _without_seal(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .select_from(audit_event)
        .outerjoin(audit_seal, audit_seal.c.event_id == audit_event.c.id)
        .outerjoin(audit_pending, audit_pending.c.event_id == audit_event.c.id)
        .where(audit_seal.c.seq.is_(None))
    )


def _all(tx: ReadTx, row_type: type[R], query: sa.Select[Any], key: sa.Column[int]) -> Iterator[R | Unreadable]:
    after = _BEFORE_ALL
    while True:
        page = query.where(key > after).order_by(key).limit(PAGE_ROWS)
        rows: Sequence[R | Unreadable] | None = _readable(tx, row_type, page)
        if rows is None:
            rows = [_one(tx, row_type, query, key, each) for each in tx.scalars(page.with_only_columns(key))]
        if not rows:
            return
        yield from rows
        last = rows[-1]
        after = last.key if isinstance(last, Unreadable) else getattr(last, key.name)


def _one(tx: ReadTx, row_type: type[R], query: sa.Select[Any], key: sa.Column[int], value: int) -> R | Unreadable:
    rows = _readable(tx, row_type, query.where(key == value))
    return rows[0] if rows else Unreadable(value)


def _readable(tx: ReadTx, row_type: type[R], query: sa.Select[Any]) -> list[R] | None:
    """The rows, or None if one of them holds what its columns cannot hold (SQLite stores anything anywhere)."""
    try:
        return tx.rows(row_type, query)
    except (ValueError, TypeError, msgspec.ValidationError):
        return None
    except sa.exc.OperationalError as error:
        if "decode" in str(error.orig):  # text that is not UTF-8
            return None
        raise
