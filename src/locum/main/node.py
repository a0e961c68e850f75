"""Which node this is: a name that survives restarts, so that it knows its own work again."""

from __future__ import annotations

import os
from pathlib import Path

from locum.kit.errors import StartError
from locum.kit.ids import new_id


def node_name(data_dir: Path) -> str:
    """The name in `DIR/node`, made on first use."""
    file = data_dir / "node"
    try:
        if not file.exists():
            fresh = file.with_name(f"node.{os.getpid()}")
            fresh.write_text(f"{new_id()}\n")
            fresh.replace(file)
        name = file.read_text().strip()
    except OSError as error:
        raise StartError(f"can't use {file}: {error.strerror}") from None
    if not name or len(name) > 36:
        raise StartError(f"{file} does not hold a node name")
    return name
