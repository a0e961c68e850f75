"""Tables of the audit log: events, their chain, its signed checkpoints, and what still waits to be chained.

Triggers refuse to change or remove what is written, so that nobody does it by mistake or through a hole in an SQL
statement; whoever owns the database can drop them, and for that there is the chain.
"""

from __future__ import annotations

import sqlalchemy as sa

from locum.kit.db import BIG_ID, UtcTime, metadata

audit_event = sa.Table(
    "audit_event",
    metadata,
    sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor_id", sa.Uuid),
    sa.Column("actor_name", sa.String(256), nullable=False),
    sa.Column("address", sa.String(64)),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("object_kind", sa.String(32)),
    sa.Column("object_id", sa.Uuid),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("detail", sa.String(8000), nullable=False),
    sa.Index("ix_audit_event_at", "at"),
    sa.Index("ix_audit_event_object_id", "object_id"),
    sqlite_autoincrement=True,  # an id is never given twice, even after the last row was deleted
)

audit_pending = sa.Table(
    "audit_pending",
    metadata,
    sa.Column("event_id", BIG_ID, sa.ForeignKey("audit_event.id"), primary_key=True, autoincrement=False),
)

audit_seal = sa.Table(
    "audit_seal",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=False),
    sa.Column("event_id", BIG_ID, sa.ForeignKey("audit_event.id"), nullable=False, unique=True),
    sa.Column("previous", sa.LargeBinary(32), nullable=False),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
    sa.CheckConstraint("seq >= 1", name="seq"),
)

audit_checkpoint = sa.Table(
    "audit_checkpoint",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("signature", sa.LargeBinary(64), nullable=False),
)


def _sqlite(table: str, taken: str) -> tuple[str, ...]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE deletes the row it replaces without firing delete triggers.
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608 - names from this file
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) {refuse}",
    )


def _postgresql(table: str) -> tuple[str, ...]:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
        # ALWAYS: or else a session that calls itself a replica would pass.
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only",
    )


_POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
)

# By table: the condition under which a new row would take the place of one that is there.
_APPEND_ONLY = {
    audit_event: "id = NEW.id",
    audit_seal: "seq = NEW.seq OR event_id = NEW.event_id",
    audit_checkpoint: "seq = NEW.seq",
}

TRIGGERS: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(s for table, taken in _APPEND_ONLY.items() for s in _sqlite(table.name, taken)),
    "postgresql": (_POSTGRESQL_FUNCTION, *(s for table in _APPEND_ONLY for s in _postgresql(table.name))),
}
"""The statements that make the tables append-only, by dialect, to be run once the tables exist."""


def _create_with(table: sa.Table, dialect: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]
        sa.event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


for _table, _taken in _APPEND_ONLY.items():
    _create_with(_table, "sqlite", _sqlite(_table.name, _taken))
    _create_with(_table, "postgresql", (_POSTGRESQL_FUNCTION, *_postgresql(_table.name)))
