"""`locum serve` that kills itself (SIGKILL) at the n-th step boundary of a session's life; run by test_crash.py.

Boundaries are before and after every unit of work that changes a session, and before and after every change on a
target. With LOCUM_CRASH_AT=0 it only counts them, into the file LOCUM_CRASH_COUNT.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from locum.cli.main import main
from locum.connectors.linux import LinuxConnector
from locum.kit.db import Database

AT = int(os.environ["LOCUM_CRASH_AT"])
COUNT = Path(os.environ["LOCUM_CRASH_COUNT"])
STEPS = ("locum.sessions.provision", "locum.sessions.revoke", "locum.sessions.advance", "locum.actions.target")

passed: list[str] = []


def boundary(name: str) -> None:
    passed.append(name)
    COUNT.write_text("\n".join(passed))
    if len(passed) == AT:
        os.kill(os.getpid(), signal.SIGKILL)


write, apply, revert = Database.write, LinuxConnector.apply, LinuxConnector.revert


async def counted_write(self: Database, fn: Any, *args: Any, **kwargs: Any) -> Any:
    if fn.__module__ not in STEPS or fn.__name__ == "look":
        return await write(self, fn, *args, **kwargs)
    boundary(f"before {fn.__name__}")
    result = await write(self, fn, *args, **kwargs)
    boundary(f"after {fn.__name__}")
    return result


async def counted_apply(self: LinuxConnector, step: Any) -> None:
    boundary(f"before apply {step.kind}")
    await apply(self, step)
    boundary(f"after apply {step.kind}")


async def counted_revert(self: LinuxConnector, step: Any) -> None:
    boundary(f"before revert {step.kind}")
    await revert(self, step)
    boundary(f"after revert {step.kind}")


Database.write = counted_write  # type: ignore[method-assign, assignment]
LinuxConnector.apply = counted_apply  # type: ignore[method-assign]
LinuxConnector.revert = counted_revert  # type: ignore[method-assign]

sys.argv = ["locum", "serve", *sys.argv[1:]]
main()
