"""Brings the database's schema to this version, or says that it is newer than this version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from locum.kit.db import Database
from locum.kit.errors import StartError

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Run what is missing. Raises StartError for a schema that a newer Locum made."""
    found, known = _revision(database), revisions()
    if found == known[0]:
        return
    if found is not None and found not in known:
        raise StartError("the database was made by a newer Locum: upgrade this one")
    with database.engine.connect() as connection:
        # All or nothing: SQLite's schema changes take part in a transaction, if one is begun by hand. Building a
        # table anew drops the old one, which with foreign keys would take the rows that point to it along.
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            upgrade(connection, "head")
            if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StartError("the migration left a row that points nowhere: nothing was changed")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def upgrade(connection: Connection, to: str) -> None:
    """Bring the schema up to a revision, in the transaction that the caller has begun and will end."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revisions() -> list[str]:
    """Every revision this version of Locum knows, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def is_prepared(database: Database) -> bool:
    """Whether `locum init` has been here: there is a schema with a version."""
    return _revision(database) is not None


def is_current(database: Database) -> bool:
    """Whether the schema is of this version."""
    return _revision(database) == revisions()[0]


def revision_of(connection: Connection) -> str | None:
    """The schema's revision, or None where there is no schema."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return revision_of(connection)


def _config() -> Config:
    from alembic.config import Config  # imported late: it costs more than the rest of a start

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
