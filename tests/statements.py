"""Counts what a read asks of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from locum.kit.db import Database


@contextmanager
def selects(database: Database) -> Iterator[list[str]]:
    """The SELECTs that run inside the block; the clock's and the transaction's own are left out."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith("SELECT") and "clock_timestamp" not in statement:
            seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(database.engine, "before_cursor_execute", note)
