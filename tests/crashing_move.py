"""`python crashing_move.py DATA PROVIDER FILE`: moves the root keys of copies of DATA, each killed one step later.

`change-passphrase` in place of PROVIDER changes the passphrase to that in FILE. See `crashing_rotation`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from crashing_rotation import kill_at_each_step
from locum.kit.db import Database
from locum.main.root_key_move import change_passphrase, move_root_key
from locum.vault import key_file, providers


def main(data: Path, to: str, file: Path) -> None:
    providers._MEMORY_KIB = 64  # costs little

    def move(copy: Path) -> None:
        if to == "change-passphrase":
            change_passphrase(copy, None, file)
        else:
            move_root_key(copy, None, to, file)

    names = ["_draft", "_write_durably", "_sync_folder"]
    kill_at_each_step(
        data, move, [*((key_file, name) for name in names), (Path, "replace"), (Database, "submit_write")]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
