"""Which files the checks look at."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from scripts.source import Source, project_files, python_sources

Project = Callable[[dict[str, str]], Path]


def test_new_files_are_looked_at_and_ignored_or_deleted_ones_are_not(project: Project) -> None:
    root = project({".gitignore": "*.tmp\n", "a.py": "", "b.txt": "", "c.tmp": "", "gone.py": ""})
    subprocess.run(["git", "add", "gone.py"], cwd=root, check=True)
    (root / "gone.py").unlink()
    assert project_files(root) == [".gitignore", "a.py", "b.txt"]
    assert [source.path for source in python_sources(root, project_files(root))] == ["a.py"]


def test_first_line_is_that_of_the_docstring() -> None:
    assert Source.parse("a.py", '"""PURE: one.\n\nTwo."""').first_line == "PURE: one."
    assert Source.parse("a.py", "x = 1").first_line == ""


def test_a_finding_says_where_what_and_how_to_excuse_it() -> None:
    source = Source.parse("a.py", "x = 1\ny = 2")
    finding = source.finding("rule", source.tree.body[1], "why", "y")
    assert str(finding) == "a.py:2: [rule] why"
    assert finding.subject == "a.py::y"
