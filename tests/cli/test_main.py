"""The command line: help everywhere, one line and status 2 for every mistake, quick to start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from installation import LOCUM


def locum(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LOCUM, *arguments], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    "command",
    ["", "init", "serve", "audit", "audit verify", "audit export", "audit verify-file", "recording",
     "recording list", "recording export", "recording play", "recording verify", "recover", "scan-token", "secret",
     "secret get", "secret run"],
)  # fmt: skip
def test_every_command_explains_itself(command: str) -> None:
    done = locum(*command.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: locum")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["init"], ["serve"], ["audit", "verify"], ["audit", "verify", "--colour"]]
)
def test_a_mistake_is_status_2_without_a_traceback(arguments: list[str]) -> None:
    done = locum(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_the_version() -> None:
    assert locum("--version").stdout.startswith("locum, version 0.")


def test_help_imports_no_server() -> None:
    heavy = "('sqlalchemy', 'asyncssh', 'uvicorn')"
    code = f"import sys, locum.cli.main; print([n for n in sys.modules if n in {heavy}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path("/"))
    assert done.stdout.strip() == "[]"
