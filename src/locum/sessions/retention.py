"""Recordings are kept for a time, then deleted (REC-06).

Steps: (1) in one transaction the connection says since when its recording is gone, its searchable text is deleted and
the audit log has it; (2) the file is deleted. A crash between is repaired at the next start, by `leftovers`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import islice
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx, Tx
from locum.sessions.model import RECORDED, connection
from locum.sessions.recorded_text import delete_lines
from locum.sessions.recorded_text_model import recorded_text

AT_ONCE = 100
CHECKED_AT_ONCE = 500


def let_go(tx: Tx, node: str, kept: dt.timedelta) -> list[UUID]:
    """(1) for some recordings of this node, or in the archive, whose connection closed longer than `kept` ago."""
    c = connection.c
    ids: list[UUID] = tx.scalars(
        sa.select(c.id)
        .where(
            sa.or_(c.node == node, c.recording_archived_at.is_not(None)),
            c.closed_at < tx.now - kept,
            RECORDED,
            c.recording_deleted_at.is_(None),
        )
        .order_by(c.closed_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)  # another node may just do the same to those in the archive
    )
    if not ids:
        return []
    tx.run(sa.update(connection).where(c.id.in_(ids)).values(recording_deleted_at=tx.now))
    delete_lines(tx, ids)
    tx.run(sa.delete(recorded_text).where(recorded_text.c.connection_id.in_(ids)))
    for connection_id in ids:
        audit.record(
            tx,
            LOCUM,
            "recording.deleted",
            object_kind="connection",
            object_id=connection_id,
            detail={"days": kept.days},
        )
    return ids


def leftovers(tx: ReadTx, there: Iterable[UUID]) -> list[UUID]:
    """Which of these recordings should be gone, because a crash came before (2)."""
    c = connection.c
    found: list[UUID] = []
    left = iter(there)
    while some := list(islice(left, CHECKED_AT_ONCE)):
        found += tx.scalars(sa.select(c.id).where(c.id.in_(some), c.recording_deleted_at.is_not(None)))
    return found
