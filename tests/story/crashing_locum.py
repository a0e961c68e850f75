"""`locum serve` that kills itself (SIGKILL) at the n-th step boundary of a session's life or of a rotation; run by
test_crash.py, test_database_crash.py, test_actions_crash.py, test_rotation_crash.py and test_release_crash.py.

Boundaries are before and after every unit of work that changes a session, a lease or a rotation, and before and after
every change on a target. With LOCUM_CRASH_AT=0 it only counts them, into the file LOCUM_CRASH_COUNT. The file
LOCUM_CLOCK, if there is one, says by how many seconds the database's clock is wrong.

With LOCUM_HOLD, a folder, it doesn't die (test_faults.py): a number in the file `at` there makes it wait at that
boundary from then on, as long as the file `held` is there, which holds the boundary's name. The file `clock` there is
LOCUM_CLOCK. Targets that hang are given up after seconds.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
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
from locum.kit.db import Database, ReadTx

AT = int(os.environ.get("LOCUM_CRASH_AT", "0"))
COUNT = Path(os.environ.get("LOCUM_CRASH_COUNT", os.devnull))
HOLD = Path(os.environ["LOCUM_HOLD"]) if "LOCUM_HOLD" in os.environ else None
CLOCK = HOLD / "clock" if HOLD is not None else Path(os.environ.get("LOCUM_CLOCK", os.devnull))
PATIENCE_S = 4
PATIENT = ("database", "linux", "mariadb", "mariadb_access", "mariadb_wire", "postgresql", "ssh")
STEPS = (
    "locum.sessions.provision",
    "locum.sessions.revoke",
    "locum.sessions.advance",
    "locum.sessions.kept_login",
    "locum.sessions.release",
    "locum.sessions.lease_advance",
    "locum.actions.target",
    "locum.rotation.rotate",
    "locum.rotation.finish",
)
LOOKS = ("look", "_look")  # these change nothing
CHANGES = {
    LinuxConnector: ("apply", "revert"),
    PostgresConnector: ("apply", "revert"),
    MariadbConnector: ("apply", "revert"),
    LinuxKeeper: ("change_password", "change_key", "update", "set_enabled"),
    PostgresKeeper: ("change_password", "set_enabled"),
    MariadbKeeper: ("change_password", "set_enabled"),
}

passed: list[str] = []


async def boundary(name: str) -> None:
    if HOLD is not None:
        await hold(HOLD, name)
        return
    passed.append(name)
    COUNT.write_text("\n".join(passed))
    if len(passed) == AT:
        os.kill(os.getpid(), signal.SIGKILL)


async def hold(folder: Path, name: str) -> None:
    at, held = folder / "at", folder / "held"
    if not at.exists():
        return
    left = int(at.read_text()) - 1
    at.write_text(str(left))
    if left == 0:
        at.unlink()
        (folder / "held.new").write_text(name)
        (folder / "held.new").rename(held)
        while held.exists():
            await asyncio.sleep(0.01)


def be_impatient() -> None:
    for name in PATIENT:
        module = importlib.import_module(f"locum.connectors.{name}")
        for constant in ("CONNECT_TIMEOUT_S", "COMMAND_TIMEOUT_S"):
            if hasattr(module, constant):
                setattr(module, constant, PATIENCE_S)


def set_clock() -> None:
    right = ReadTx.now.fget

    def now(self: ReadTx) -> dt.datetime:
        assert right is not None
        wrong_by = float(CLOCK.read_text() or 0) if CLOCK.exists() else 0
        return right(self) + dt.timedelta(seconds=wrong_by)

    ReadTx.now = property(now)  # type: ignore[method-assign, assignment]


write = Database.write


async def counted_write(self: Database, fn: Any, *args: Any, **kwargs: Any) -> Any:
    if fn.__module__ not in STEPS or fn.__name__ in LOOKS:
        return await write(self, fn, *args, **kwargs)
    await boundary(f"before {fn.__name__}")
    result = await write(self, fn, *args, **kwargs)
    await boundary(f"after {fn.__name__}")
    return result


def count_changes(connector: Any, name: str) -> None:
    change = getattr(connector, name)

    async def counted(self: Any, what: Any, *args: Any, **kwargs: Any) -> Any:
        words = f"{name} {getattr(what, 'kind', '')}".rstrip()
        await boundary(f"before {words}")
        try:
            return await change(self, what, *args, **kwargs)
        finally:
            await boundary(f"after {words}")

    setattr(connector, name, counted)


Database.write = counted_write  # type: ignore[method-assign, assignment]
for owner, names in CHANGES.items():
    for changing in names:
        count_changes(owner, changing)

if HOLD is not None:
    be_impatient()
set_clock()
sys.argv = ["locum", "serve", *sys.argv[1:]]
main()
