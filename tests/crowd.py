"""Many rows at once: copies of one that is there, for lists and counts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.kit.db import Database, Tx
from locum.kit.ids import new_id


async def copy(database: Database, table: sa.Table, row_id: UUID, times: int, **unique: str) -> list[UUID]:
    """Copies of a row, with new ids; `unique` gives a beginning to each column that must differ."""

    def insert(tx: Tx) -> list[UUID]:
        names = [column.name for column in table.c if column.name != "id"]
        values: dict[str, Any] = {
            name: tx.scalar(sa.select(table.c[name]).where(table.c.id == row_id)) for name in names
        }
        ids = [new_id() for _ in range(times)]
        rows = [
            {**values, "id": made, **{name: f"{start}{number:04}" for name, start in unique.items()}}
            for number, made in enumerate(ids)
        ]
        tx.add_all(table, rows)
        return ids

    return await database.write(insert)
