"""Writes and deletes the searchable lines of recorded connections, with SQLite's index of letters beside them.

A trigger would do it too, but SQLite runs none on such a table for a connection that trusts no schema, as ours don't.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.kit.db import Tx
from locum.recordings.lines import TextLine
from locum.sessions.recorded_text_model import LETTERS, letters, recorded_line


def add_lines(tx: Tx, connection_id: UUID, lines: list[TextLine]) -> None:
    """Add lines behind those that there are."""
    c = recorded_line.c
    before = tx.scalar(sa.select(sa.func.max(c.id)).where(c.connection_id == connection_id)) or 0
    tx.add_all(
        recorded_line,
        [
            {"connection_id": connection_id, "at_ms": line.at_ms, "stream": int(line.stream), "text": line.text}
            for line in lines
        ],
    )
    if tx.dialect == "sqlite":
        added = sa.select(c.id, c.text).where(c.connection_id == connection_id, c.id > before)
        tx.run(sa.insert(letters).from_select(["rowid", "text"], added))


def delete_lines(tx: Tx, connection_ids: list[UUID]) -> None:
    """Delete all lines of these connections."""
    c = recorded_line.c
    if tx.dialect == "sqlite":
        gone = sa.select(sa.literal("delete"), c.id, c.text).where(c.connection_id.in_(connection_ids))
        tx.run(sa.insert(letters).from_select([LETTERS, "rowid", "text"], gone))
    tx.run(sa.delete(recorded_line).where(c.connection_id.in_(connection_ids)))
