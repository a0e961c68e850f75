"""`locum backup FILE` and its likes, as an operator types them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from backed_up import empty_directory, make
from installation import LOCUM


def locum(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [LOCUM, *(str(argument) for argument in arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("command", ["backup", "backup write", "backup verify", "restore", "resume", "status"])
def test_each_explains_itself(command: str) -> None:
    done = locum(*command.split(), "--help")
    assert (done.returncode, done.stdout[:12]) == (0, "Usage: locum")


def test_from_backup_to_resume(tmp_path: Path) -> None:
    made = make(tmp_path)
    file = tmp_path / "one.backup"
    done = locum("backup", "--data-dir", made.data, file)
    assert (done.returncode, done.stderr) == (0, "")
    again = locum("backup", file, "--data-dir", made.data)
    assert (again.returncode, again.stderr) == (2, f"locum: {file} exists: a backup never overwrites anything\n")
    assert locum("backup", "verify", "--data-dir", made.data, file).returncode == 0
    file.write_bytes(file.read_bytes()[:-1])
    assert locum("backup", "verify", "--data-dir", made.data, file).returncode == 1
    copy = empty_directory(tmp_path / "copy", made)
    refused = locum("restore", "--data-dir", copy, file)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    file.unlink()
    assert locum("backup", "--recordings", "--data-dir", made.data, file).returncode == 0
    assert locum("restore", "--data-dir", copy, file).returncode == 0
    assert json.loads(locum("status", "--data-dir", copy).stdout)["paused"]["reason"].startswith("restored from")
    assert json.loads(locum("resume", "--data-dir", copy).stdout)["session_count"] == 1
    assert json.loads(locum("resume", "--data-dir", copy, "--yes").stdout)["paused"] is None
    assert locum("resume", "--data-dir", copy).returncode == 2
