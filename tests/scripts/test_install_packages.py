"""The part of the set-up that asks for root: silent when it has nothing to do, one clear line when it can't do it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "install_packages.sh"


def run(path: str, *packages: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("bash") or "bash", str(SCRIPT), "Locum's tests", *packages],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_is_said_or_done_when_nothing_is_missing() -> None:
    done = run(os.environ["PATH"], "git", "openssh-client", "openssh-server", "postgresql")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_missing_is_named_where_it_can_t_be_installed(tmp_path: Path) -> None:
    """The PATH holds neither sudo nor apt-get, so root and others alike can't go on."""
    (tmp_path / "id").symlink_to(shutil.which("id") or "id")
    done = run(str(tmp_path), "no-such-package")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Locum's tests: missing no-such-package")
    assert done.stderr.count("\n") == 1
