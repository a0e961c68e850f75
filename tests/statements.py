"""What is asked of the database: how often, and which rows are held until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from locum.kit.db import Database
from locum.kit.prepared import Prepared


@contextmanager
def selects(database: Database) -> Iterator[list[str]]:
    """The SELECTs that run inside the block; the clock's and the transaction's own are left out."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asks = statement.lstrip().upper().startswith(("SELECT", "WITH")) and "INSERT INTO" not in statement
        if asks and "clock_timestamp" not in statement:
            seen.append(statement)

    straight = Prepared.from_sqlite  # past the engine, which sees nothing of it

    def noted(query: Prepared[Any], *rest: Any) -> list[Any]:
        seen.append(str(query.statement))
        return straight(query, *rest)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    with mock.patch.object(Prepared, "from_sqlite", noted):
        yield seen
    sa.event.remove(database.engine, "before_cursor_execute", note)


@contextmanager
def holds(database: Database) -> Iterator[list[str]]:
    """The tables whose rows are held (FOR UPDATE) inside the block, in order. SQLite, with one writer, does nothing."""
    seen: list[str] = []

    def note(_connection: object, statement: object, *_more: object) -> None:
        if isinstance(statement, sa.Select):
            text = str(statement.compile(dialect=postgresql.dialect()))
            if " FOR " in text:
                seen.extend(table.name for table in statement.get_final_froms() if isinstance(table, sa.Table))

    sa.event.listen(database.engine, "before_execute", note)
    yield seen
    sa.event.remove(database.engine, "before_execute", note)
