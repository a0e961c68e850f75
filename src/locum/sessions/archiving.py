"""Which recordings move to the archive, and which have to go from there.

Steps: (1) the archive gets the file; (2) in one transaction the connection says so, with the wrapped data key; (3) the
file here is deleted. A crash after (1) sends it again, one after (2) leaves a file that `moved` finds. A recording
whose time is over (`retention`) is deleted in the archive before its row says that it is no longer there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx
from locum.sessions.model import RECORDED, connection
from locum.sessions.recorded_text_model import recorded_text
from locum.sessions.recover import GIVEN_UP_OPEN

AT_ONCE = 20
KEYS_AT_ONCE = 200

c = connection.c

WAITING: tuple[sa.ColumnElement[bool], ...] = (
    c.closed_at.is_not(None),
    RECORDED,
    c.recording_deleted_at.is_(None),
    c.recording_archived_at.is_(None),
    ~GIVEN_UP_OPEN,  # it may be written to still
    ~sa.exists().where(recorded_text.c.connection_id == c.id, recorded_text.c.done.is_(False)),
)
"""Of connections whose recordings are closed, their text found, and not in the archive."""


class ArchivedKey(msgspec.Struct, frozen=True):
    """The wrapped data key of an archived recording."""

    id: UUID
    recording_key: str


def due(tx: ReadTx, node: str, but: Collection[UUID] = ()) -> list[UUID]:
    """(1) for these of the node's recordings: some, the oldest first."""
    found: list[UUID] = tx.scalars(
        sa.select(c.id).where(c.node == node, c.id.not_in(but), *WAITING).order_by(c.closed_at).limit(AT_ONCE)
    )
    return found


def archived(tx: Tx, connection_id: UUID, wrapped_key: str | None) -> None:
    """(2). `wrapped_key` None: there never was a file, because the connection did not get so far."""
    tx.run(
        sa.update(connection)
        .where(c.id == connection_id)
        .values(recording_archived_at=tx.now, recording_key=wrapped_key)
    )


def moved(tx: ReadTx, there: Iterable[UUID]) -> list[UUID]:
    """Which of these recordings here are in the archive as well, because a crash came before (3)."""
    found: list[UUID] = []
    left = iter(there)
    while some := list(islice(left, KEYS_AT_ONCE)):
        found += tx.scalars(sa.select(c.id).where(c.id.in_(some), c.recording_archived_at.is_not(None)))
    return found


def key_of(tx: ReadTx, connection_id: UUID) -> str | None:
    """The wrapped data key of a recording that is in the archive, else None."""
    found: str | None = tx.scalar(sa.select(c.recording_key).where(c.id == connection_id))
    return found


def to_delete(tx: ReadTx) -> list[UUID]:
    """Some that are gone by their row, and may lie in the archive still."""
    gone = (c.recording_deleted_at.is_not(None), c.recording_archived_at.is_not(None))
    found: list[UUID] = tx.scalars(sa.select(c.id).where(*gone).order_by(c.recording_deleted_at).limit(AT_ONCE))
    return found


def deleted(tx: Tx, connection_id: UUID) -> None:
    """It lies in the archive no more."""
    tx.run(
        sa.update(connection)
        .where(c.id == connection_id, c.recording_deleted_at.is_not(None))
        .values(recording_archived_at=None, recording_key=None)
    )


def keys(tx: ReadTx, after: UUID | None) -> list[ArchivedKey]:
    """Wrapped data keys of archived recordings in the order of ids, those behind `after`; empty at the end."""
    behind = () if after is None else (c.id > after,)
    query = sa.select(c.id, c.recording_key).where(c.recording_key.is_not(None), *behind)
    return tx.rows(ArchivedKey, query.order_by(c.id).limit(KEYS_AT_ONCE))


def rewrap(tx: Tx, rewrapped: Iterable[ArchivedKey]) -> None:
    """Write down data keys that were wrapped anew."""
    for one in rewrapped:
        tx.run(
            sa.update(connection)
            .where(c.id == one.id, c.recording_key.is_not(None))
            .values(recording_key=one.recording_key)
        )
