"""The tables take rows and give none back: by update, delete, replacement or truncation, on both databases."""

# ruff: noqa: S608 - the names come from the tables

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from locum.audit.model import TRIGGERS, audit_checkpoint, audit_event, audit_seal
from locum.audit.sealer import Sealer
from locum.kit.db import Database

TABLES = [audit_event, audit_seal, audit_checkpoint]
KEYS = {"audit_event": "id", "audit_seal": "seq", "audit_checkpoint": "seq"}


@pytest.fixture
def filled(owner: sa.Engine, write: Callable[[int], None], sealer: Sealer) -> sa.Engine:
    write(3)
    sealer.finish()
    return owner


def rows(owner: sa.Engine) -> list[list[object]]:
    with owner.connect() as connection:
        return [[tuple(row) for row in connection.execute(sa.select(t).order_by(t.c[0]))] for t in TABLES]


def refused(owner: sa.Engine, statement: str) -> None:
    before = rows(owner)
    with pytest.raises(sa.exc.DBAPIError, match="is append-only"), owner.begin() as connection:
        connection.exec_driver_sql(statement)
    assert rows(owner) == before


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_no_update_and_no_delete(filled: sa.Engine, table: sa.Table) -> None:
    for column in table.c:
        refused(filled, f"UPDATE {table.name} SET {column.name} = {column.name}")
    refused(filled, f"DELETE FROM {table.name}")
    refused(filled, f"DELETE FROM {table.name} WHERE {KEYS[table.name]} > 0")


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_no_other_way_around(filled: sa.Engine, table: sa.Table) -> None:
    columns = ", ".join(column.name for column in table.c)
    upsert = f"INSERT INTO {table.name} SELECT * FROM {table.name} WHERE true ON CONFLICT ({KEYS[table.name]})"
    refused(filled, f"{upsert} DO UPDATE SET {KEYS[table.name]} = 99")
    if filled.dialect.name == "sqlite":
        refused(filled, f"REPLACE INTO {table.name} ({columns}) SELECT {columns} FROM {table.name}")
    else:
        refused(filled, f"TRUNCATE {table.name} CASCADE")
        refused(filled, f"SET session_replication_role = replica; DELETE FROM {table.name}")


def test_a_seal_can_not_take_another_events_place(filled: sa.Engine) -> None:
    if filled.dialect.name == "sqlite":
        refused(
            filled, "REPLACE INTO audit_seal SELECT 99, event_id, previous, hash FROM audit_seal WHERE seq = 1"
        )
    with pytest.raises(sa.exc.DBAPIError), filled.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_seal SELECT 99, event_id, previous, hash FROM audit_seal WHERE seq = 1"
        )


def test_the_statements_of_a_migration_give_the_same_triggers(database: Database, owner: sa.Engine) -> None:
    """Tables made without the metadata's listeners, as a migration makes them."""

    def triggers(connection: sa.Connection) -> set[str]:
        if connection.dialect.name == "sqlite":
            query = "SELECT name || sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"
        else:
            query = (
                "SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger"
                " WHERE NOT tgisinternal AND tgname LIKE 'audit_%'"
            )
        return set(connection.execute(sa.text(query)).scalars())

    with owner.begin() as connection:
        made = triggers(connection)
        for table in TABLES:
            for name in (f"{table.name}_no_update", f"{table.name}_no_delete", f"{table.name}_no_replace"):
                if database.is_sqlite:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            if not database.is_sqlite:
                connection.exec_driver_sql(f"DROP TRIGGER {table.name}_append_only ON {table.name}")
        assert triggers(connection) == set()
        for statement in TRIGGERS[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        assert triggers(connection) == made
    assert len(made) == (9 if database.is_sqlite else 3)


def test_ids_are_not_given_twice(
    filled: sa.Engine, write: Callable[[int], None], tamper: Callable[..., None]
) -> None:
    tamper("DELETE FROM audit_event WHERE id = 3")
    write(1)
    with filled.connect() as connection:
        assert connection.execute(sa.select(sa.func.max(audit_event.c.id))).scalar_one() == 4
