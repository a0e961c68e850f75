"""`python crashing_rotation.py DATA`: rotates the root key of copies of DATA, each killed one step later.

A step is a boundary before or after a change of the root key file, a unit of work or the key of a recording. Copy
DATA.N was killed at boundary N; the last one was not killed. Everything is imported once, and each attempt is a fork.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
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


def _killed_at(step: int) -> None:
    passed = 0

    def boundary() -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str, *, wait: bool = False) -> None:
        plain = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            boundary()
            answer = plain(*args, **kwargs)
            if wait:
                answer.exception()
            boundary()
            return answer

        setattr(owner, name, wrapped)

    around(KeyFile, "change")
    around(Database, "submit_write", wait=True)
    around(recording_key, "replace_file")


def main(data: Path) -> None:
    reseal.BATCH_ROWS = 3
    step, killed = 0, True
    while killed:
        step += 1
        copy = data.with_name(f"{data.name}.{step}")
        shutil.copytree(data, copy)
        pid = os.fork()
        if pid == 0:
            _killed_at(step)
            work = rotation(copy)
            work.rotate(prepare_only=False)
            work.db.close()
            os._exit(0)
        killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


if __name__ == "__main__":
    main(Path(sys.argv[1]))
