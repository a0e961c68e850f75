"""The admin socket names who is at its other end, by the kernel's word; see test_operate for its commands."""

from __future__ import annotations

import getpass
import sqlite3
from pathlib import Path

from installation import Installation


def test_each_use_is_audited_with_the_operators_account(tmp_path: Path) -> None:
    made = Installation(tmp_path / "data")
    made.prepare()
    made.start()
    assert made.locum("recording", "list").stdout.strip() == "[]"
    assert made.stop() == 0
    rows = sqlite3.connect(made.data / "locum.db").execute(
        "SELECT actor_name, detail FROM audit_event WHERE action = 'console.command'"
    )
    assert rows.fetchall() == [(f"console:{getpass.getuser()}", '{"command":"recording.list"}')]
