"""Migrations make exactly the tables of the code, on both databases, all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from locum.audit import log as audit
from locum.kit.actor import LOCUM
from locum.kit.db import Database, metadata, open_database, sqlite_url
from locum.kit.errors import StartError
from locum.main import migrate as module
from locum.main.migrate import is_prepared, migrate
from postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return open_database(sqlite_url(tmp_path / "empty.db"))
    server: PostgresServer = request.getfixturevalue("postgres")
    return open_database(server.create())


def differences(database: Database) -> list[object]:
    def ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "table" and (name or "").startswith(("test_", "alembic")))

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, metadata))


def test_the_migrations_make_the_tables_of_the_code(empty: Database) -> None:
    assert not is_prepared(empty)
    migrate(empty)
    assert is_prepared(empty)
    assert differences(empty) == []
    migrate(empty)  # nothing left to do
    empty.close()


def test_a_migrated_audit_log_is_append_only(empty: Database) -> None:
    migrate(empty)
    empty.submit_write(audit.record, LOCUM, "test.event").result()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        empty.submit_write(lambda tx: tx.run(sa.delete(metadata.tables["audit_event"]))).result()
    empty.close()


def test_checks_are_made_too(empty: Database) -> None:
    migrate(empty)
    profile = metadata.tables["connection_profile"]
    with pytest.raises(sa.exc.IntegrityError):
        empty.submit_write(
            lambda tx: tx.add(
                profile,
                id=__import__("uuid").uuid4(),
                name="x",
                is_default=False,
                record=True,
                max_session_minutes=0,
                created_at=tx.now,
                modified_at=tx.now,
            )
        ).result()
    empty.close()


def test_a_newer_schema_is_refused(empty: Database) -> None:
    migrate(empty)
    with empty.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        if not empty.is_sqlite:
            connection.commit()
    with pytest.raises(StartError, match="newer Locum"):
        migrate(empty)
    empty.close()


def test_a_migration_that_breaks_leaves_nothing(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    scripts = tmp_path / "migrations"
    shutil.copytree(module.SCRIPTS, scripts)
    first = next((scripts / "versions").glob("0001*.py"))
    first.write_text(first.read_text() + "    raise RuntimeError('power cut')\n")
    monkeypatch.setattr(module, "SCRIPTS", scripts)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(empty)
    with empty.engine.connect() as connection:
        assert "identity" not in sa.inspect(connection).get_table_names()
    monkeypatch.undo()
    migrate(empty)
    assert differences(empty) == []
    empty.close()
