"""Writes the next migration from the difference between the tables in the code and an up-to-date empty database.

    python scripts/new_migration.py "what changes"

Read what it wrote before committing it: a rename looks like a drop and an add, and data needs moving by hand.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

import locum
from locum.kit.db import open_database, sqlite_url
from locum.main.migrate import SCRIPTS, migrate


def main() -> None:
    for module in pkgutil.walk_packages(locum.__path__, "locum."):
        if module.name.endswith((".model", ".jobs")):
            importlib.import_module(module.name)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "empty.db"))
        migrate(database)
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            number = len(list((SCRIPTS / "versions").glob("[0-9]*.py"))) + 1
            command.revision(config, sys.argv[1], autogenerate=True, rev_id=f"{number:04d}")
        database.close()


if __name__ == "__main__":
    main()
