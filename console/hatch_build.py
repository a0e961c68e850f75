"""What hatchling does before it makes a wheel: the browser console is built, if it isn't."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface):
    """An installation for development builds nothing: there `make setup` does."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version != "editable" and not (root / "src" / "locum" / "console" / "built" / "index.html").is_file():
            subprocess.run([root / "scripts" / "build_console.sh", "--needed"], check=True)
