"""Rules about text."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.banned_text import banned_text

ROOT = Path("/srv/checkout")


def subjects(text: str, path: str = "docs/install.md") -> list[str]:
    return [finding.subject for finding in banned_text(path, text, ROOT)]


@pytest.mark.parametrize(
    "line",
    [
        "cd /wor" + "k/project",
        "see /home/alice/notes",
        "/Users/alice/x",
        "curl https://pypi.org/simple",
        "https://files.pythonhosted.org/packages/x.whl",
        "https://registry.npmjs.org/react",
        "deb http://deb.debian.org/debian bookworm main",
        "https://nexus.example.net/simple",
        "pip install --index-url x",
        "export PIP_EXTRA_INDEX_URL=x",
        "UV_DEFAULT_INDEX=x",
        "tests lie in /srv/checkout/tests",
    ],
)
def test_folders_of_a_machine_and_registries_are_found(line: str) -> None:
    assert len(subjects(f"fine\n{line}\n")) == 1


@pytest.mark.parametrize(
    "line",
    [
        'home = f"/home/{name}"',
        "the account's folder under /home/ is gone",
        "docs/work/plan.md",
        "https://www.apache.org/licenses/LICENSE-2.0",
        "install it from PyPI",
        "pip install locum",
    ],
)
def test_other_text_passes(line: str) -> None:
    assert subjects(line) == []


def test_the_lock_file_names_the_public_index_only() -> None:
    fine = 'source = { registry = "https://pypi.org/simple" }\nurl = "https://files.pythonhosted.org/a.whl"\n'
    assert subjects(fine, "uv.lock") == []
    assert subjects(fine + 'url = "https://mirror.example.net/b.whl"\n', "uv.lock") == ["uv.lock"]
