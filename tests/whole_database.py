"""Everything that stands in a database, to see what a request has changed and what it has not."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from locum.kit.db import Database, ReadTx, metadata

Rows = dict[str, list[dict[str, Any]]]

AUDIT = {"audit_event", "audit_pending", "audit_seal", "audit_checkpoint"}


def whole(database: Database, *, without: set[str] = AUDIT) -> Rows:
    """All rows of all tables, by table, in the order of their keys."""

    def look(tx: ReadTx) -> Rows:
        return {
            table.name: [
                dict(row._mapping)
                for row in tx._connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
            if table.name not in without
        }

    return database.submit_read(look).result()
