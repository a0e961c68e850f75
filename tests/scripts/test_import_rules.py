"""The import contracts hold on the real tree, and each notices a planted violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter on the `locum` that lies in `folder`."""
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--config",
        str(TOP / ".importlinter"),
        "--no-cache",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of every room's __init__.py, with an empty kit/db.py and nothing else in the rooms."""
    for package in sorted((TOP / "src" / "locum").rglob("__init__.py")):
        copy = tmp_path / package.relative_to(TOP / "src")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(package, copy)
    (tmp_path / "locum" / "kit" / "db.py").touch()
    return tmp_path


def plant(tree: Path, path: str, text: str) -> None:
    file = tree / "locum" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_the_project_keeps_every_contract() -> None:
    done = lint(TOP / "src")
    assert done.returncode == 0, done.stdout


def test_an_empty_tree_of_rooms_keeps_every_contract(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("contract", "files"),
    [
        ("Imports go down only", {"kit/a.py": "import locum.audit.b", "audit/b.py": ""}),
        ("Imports go down only", {"api/a.py": "import locum.gateway.b", "gateway/b.py": ""}),
        ("Imports go down only", {"pantry/__init__.py": ""}),
        ("Only locum.api knows", {"main/a.py": "from locum.api.wire import b", "api/wire/b.py": ""}),
        ("The gateway reaches", {"gateway/ssh/a.py": "import locum.policies.b", "policies/b.py": ""}),
        ("The gateway reaches", {"gateway/ssh/a.py": "import locum.sessions.request", "sessions/request.py": ""}),
        ("Connectors know nothing", {"connectors/a.py": "import locum.kit.db"}),
        ("Connectors know nothing", {"connectors/a.py": "import sqlalchemy"}),
        ("Pure files reach", {"policies/decide.py": "import locum.kit.a", "kit/a.py": "import sqlalchemy"}),
        ("Pure files reach", {"gateway/ssh/relay.py": "import asyncssh"}),
    ],
)
def test_a_violation_is_noticed(tree: Path, contract: str, files: dict[str, str]) -> None:
    for path, text in files.items():
        plant(tree, path, text)
    done = lint(tree)
    broken = [" ".join(part.split()) for part in done.stdout.split("KEPT") if "BROKEN" in part]
    assert done.returncode == 1, done.stdout
    assert any(contract in part.partition("BROKEN")[0] for part in broken), done.stdout


@pytest.mark.parametrize(
    "allowed",
    [
        "locum.sessions.connections",
        "locum.identities.signin",
        "locum.recordings.writer",
        "locum.vault.secret",
        "locum.audit.log",
        "locum.kit.errors",
    ],
)
def test_the_gateway_may_import_its_few_rooms(tree: Path, allowed: str) -> None:
    plant(tree, "/".join(allowed.split(".")[1:]) + ".py", "")
    plant(tree, "gateway/ssh/a.py", f"import {allowed}")
    done = lint(tree)
    assert done.returncode == 0, done.stdout
