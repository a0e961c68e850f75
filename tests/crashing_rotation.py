"""`python crashing_rotation.py DATA`: rotates the root key of copies of DATA, each killed one step later.

A step is a boundary before or after a change of the root key file, a unit of work or the key of a recording. Copy
DATA.N was killed at boundary N; the last one was not killed. Everything is imported once, and each attempt is a fork.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from locum.kit.actor import Actor
from locum.kit.db import Database, open_database, sqlite_url
from locum.main.root_key_rotation import RootKeyRotation
from locum.main.root_keys import root_key_path
from locum.recordings import key as recording_key
from locum.vault import reseal
from locum.vault.key_file import KeyFile
from locum.vault.keyring import load_keyring
from locum.vault.store import Vault

ACTOR = Actor(None, "console:test")


def rotation(data: Path) -> RootKeyRotation:
    """The commands on a directory with the embedded database; its `db` must be closed."""
    vault = Vault(load_keyring(root_key_path(data)))
    return RootKeyRotation(open_database(sqlite_url(data / "locum.db")), vault, data, ACTOR)


Boundary = tuple[Any, str]
"""An owner and the name of its function: a process may die before and after each call of it."""


def _killed_at(step: int, boundaries: Sequence[Boundary]) -> None:
    passed = 0

    def boundary() -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str) -> None:
        plain = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            boundary()
            answer = plain(*args, **kwargs)
            if name == "submit_write":
                answer.exception()
            boundary()
            return answer

        setattr(owner, name, wrapped)

    for owner, name in boundaries:
        around(owner, name)


def kill_at_each_step(data: Path, act: Callable[[Path], None], boundaries: Sequence[Boundary]) -> None:
    """Do `act` on a copy of `data` for each step, killed there, and on a last one that is not killed."""
    step, killed = 0, True
    while killed:
        step += 1
        copy = data.with_name(f"{data.name}.{step}")
        shutil.copytree(data, copy)
        pid = os.fork()
        if pid == 0:
            _killed_at(step, boundaries)
            act(copy)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in (0, -signal.SIGKILL)
        killed = code != 0


def _rotate(data: Path) -> None:
    work = rotation(data)
    work.rotate(prepare_only=False)
    work.db.close()


if __name__ == "__main__":
    reseal.BATCH_ROWS = 3
    steps = [(KeyFile, "change"), (Database, "submit_write"), (recording_key, "replace_file")]
    kill_at_each_step(Path(sys.argv[1]), _rotate, steps)
