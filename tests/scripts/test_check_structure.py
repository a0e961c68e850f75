"""The structure check as a whole, on a small project."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.check_structure import excuse, findings
from scripts.source import Finding

Project = Callable[[dict[str, str]], Path]
TOP = Path(__file__).resolve().parents[2]
SOUND = {
    "src/locum/__init__.py": '"""Locum."""\n',
    "src/locum/vault/__init__.py": '"""TOOL: keys."""\n',
    "src/locum/vault/seal.py": '"""PURE: seals."""\n',
    "tests/vault/test_seal.py": "",
    "scripts/structure_exceptions.toml": "[long]\n",
}
OFFENDING = {
    "src/locum/vault/utils.py": "import random\n" + "x = 1\n" * 400,
    "src/locum/audit/__init__.py": "",
    "docs/install.md": "/".join(["cd ", "work", "x"]),
}


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.check_structure", "--root", str(root), *arguments]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)


def test_a_sound_project_passes(project: Project) -> None:
    done = run(project(SOUND))
    assert (done.returncode, done.stdout) == (0, "structure: every rule holds\n")


def test_every_kind_of_finding_fails_it(project: Project) -> None:
    root = project({**SOUND, **OFFENDING})
    assert {finding.rule for finding in findings(root)} == {
        "no_test_file",
        "name",
        "purpose",
        "long",
        "ban",
        "text",
    }
    done = run(root)
    assert done.returncode == 1
    assert "src/locum/vault/utils.py:1: [ban] `random` is predictable: use secrets (SEC-01)" in done.stdout


def test_a_picture_is_not_read_as_text(project: Project) -> None:
    root = project(SOUND)
    (root / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    assert list(findings(root)) == []


def test_the_report_fails_nothing(project: Project) -> None:
    done = run(project({**SOUND, **OFFENDING}), "--report")
    assert done.returncode == 0
    assert "src/locum/vault/utils.py" in done.stdout


def test_an_exception_excuses_one_finding_and_is_needed_and_reasoned() -> None:
    long = Finding("long", "a.py", 1, "file has 500 lines", "a.py")
    other = Finding("long", "b.py", 1, "file has 500 lines", "b.py")
    assert list(excuse([long, other], {"long": {"a.py": "one table, read top to bottom"}})) == [other]
    assert [f.rule for f in excuse([long], {"long": {"a.py": " "}})] == ["exception"]
    (unneeded,) = excuse([], {"long": {"a.py": "was long"}})
    assert "no longer needed" in unneeded.message
