"""Tables of what was shown and typed on recorded connections, to be searched.

They are made from the recordings and can be made again: a recording stays what counts.
"""

from __future__ import annotations

import sqlalchemy as sa

from locum.kit.db import BIG_ID, metadata

recorded_text = sa.Table(
    "recorded_text",
    metadata,
    sa.Column("connection_id", sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("done", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("cut", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index(
        "ix_recorded_text_node",
        "node",
        "connection_id",
        sqlite_where=sa.text("done = 0"),
        postgresql_where=sa.text("done = false"),
    ),
)
"""One row for each recorded connection, from its opening on. `node` has its recording. `cut`: not all of it is there,
because it was too long or the recording is damaged."""

recorded_line = sa.Table(
    "recorded_line",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("connection_id", sa.ForeignKey("connection.id"), nullable=False),
    sa.Column("at_ms", sa.Integer, nullable=False),
    sa.Column("stream", sa.Integer, nullable=False),
    sa.Column("text", sa.String(1000), nullable=False),
    sa.CheckConstraint("stream IN (2, 3)", name="stream"),
    sa.Index("ix_recorded_line_connection_id", "connection_id", "id"),
)
"""Lines of text in the order in which they passed. Parts of words are found through an index of three letters each:
on SQLite the table `letters`, which whoever writes lines fills too, on PostgreSQL `ix_recorded_line_letters`."""

LETTERS = "recorded_line_letters"
letters = sa.table(
    LETTERS, sa.column("rowid", sa.Integer), sa.column("text", sa.String), sa.column(LETTERS, sa.String)
)

_ON_SQLITE = (
    f"CREATE VIRTUAL TABLE {LETTERS} USING fts5"
    "(text, content='recorded_line', content_rowid='id', tokenize='trigram')",
)
_ON_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX ix_{LETTERS} ON recorded_line USING gin (text gin_trgm_ops)",
)
for _dialect, _statements in {"sqlite": _ON_SQLITE, "postgresql": _ON_POSTGRESQL}.items():
    for _statement in _statements:
        sa.event.listen(recorded_line, "after_create", sa.DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
