"""Brings the database's schema to this version, or says that it is newer than this version."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from locum.kit.db import Database
from locum.kit.errors import StartError

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Run what is missing. Raises StartError for a schema that a newer Locum made."""
    from alembic import command  # imported late: it costs more than the rest of a start
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    script = ScriptDirectory.from_config(config)
    found = _revision(database)
    if found is not None and found == script.get_current_head():
        return
    if found is not None and found not in {r.revision for r in script.walk_revisions()}:
        raise StartError("the database was made by a newer Locum: upgrade this one")
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        # All or nothing: SQLite's schema changes take part in a transaction, if one is begun by hand. Building a
        # table anew drops the old one, which with foreign keys would take the rows that point to it along.
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            command.upgrade(config, "head")
            if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StartError("the migration left a row that points nowhere: nothing was changed")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def is_prepared(database: Database) -> bool:
    """Whether `locum init` has been here: there is a schema with a version."""
    return _revision(database) is not None


def _revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return found
