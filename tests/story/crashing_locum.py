"""`locum serve` that kills itself (SIGKILL) at the n-th step boundary of a session's life or of a rotation; run by
test_crash.py, test_database_crash.py, test_actions_crash.py and test_rotation_crash.py.

Boundaries are before and after every unit of work that changes a session or a rotation, and before and after every
change on a target. With LOCUM_CRASH_AT=0 it only counts them, into the file LOCUM_CRASH_COUNT.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from locum.cli.main import main
from locum.connectors.linux import LinuxConnector
from locum.connectors.linux_accounts import LinuxKeeper
from locum.connectors.mariadb import MariadbKeeper
from locum.connectors.mariadb_access import MariadbConnector
from locum.connectors.postgresql import PostgresKeeper
from locum.connectors.postgresql_access import PostgresConnector
from locum.kit.db import Database

AT = int(os.environ["LOCUM_CRASH_AT"])
COUNT = Path(os.environ["LOCUM_CRASH_COUNT"])
STEPS = (
    "locum.sessions.provision",
    "locum.sessions.revoke",
    "locum.sessions.advance",
    "locum.sessions.kept_login",
    "locum.actions.target",
    "locum.rotation.rotate",
    "locum.rotation.finish",
)
CHANGES = {
    LinuxConnector: ("apply", "revert"),
    PostgresConnector: ("apply", "revert"),
    MariadbConnector: ("apply", "revert"),
    LinuxKeeper: ("change_password", "change_key", "update"),
    PostgresKeeper: ("change_password",),
    MariadbKeeper: ("change_password",),
}

passed: list[str] = []


def boundary(name: str) -> None:
    passed.append(name)
    COUNT.write_text("\n".join(passed))
    if len(passed) == AT:
        os.kill(os.getpid(), signal.SIGKILL)


write = Database.write


async def counted_write(self: Database, fn: Any, *args: Any, **kwargs: Any) -> Any:
    if fn.__module__ not in STEPS or fn.__name__ == "look":
        return await write(self, fn, *args, **kwargs)
    boundary(f"before {fn.__name__}")
    result = await write(self, fn, *args, **kwargs)
    boundary(f"after {fn.__name__}")
    return result


def count_changes(connector: Any, name: str) -> None:
    change = getattr(connector, name)

    async def counted(self: Any, what: Any, *args: Any, **kwargs: Any) -> Any:
        words = f"{name} {getattr(what, 'kind', '')}".rstrip()
        boundary(f"before {words}")
        try:
            return await change(self, what, *args, **kwargs)
        finally:
            boundary(f"after {words}")

    setattr(connector, name, counted)


Database.write = counted_write  # type: ignore[method-assign, assignment]
for owner, names in CHANGES.items():
    for changing in names:
        count_changes(owner, changing)

sys.argv = ["locum", "serve", *sys.argv[1:]]
main()
