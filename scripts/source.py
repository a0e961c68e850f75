"""What the structure checks look at, and what they report."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule. `subject` is what `structure_exceptions.toml` would list to excuse it."""

    rule: str
    path: str
    line: int
    message: str
    subject: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file: its path from the top of the project with forward slashes, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def parse(cls, path: str, text: str) -> Source:
        return cls(path, text, ast.parse(text, filename=path))

    @property
    def first_line(self) -> str:
        """The first line of the docstring; empty where there is none."""
        return (ast.get_docstring(self.tree) or "").partition("\n")[0]

    def finding(self, rule: str, node: ast.AST | None, message: str, name: str = "") -> Finding:
        """A finding at `node`; `name` tells several subjects of one file apart."""
        line = getattr(node, "lineno", 1)
        return Finding(rule, self.path, line, message, f"{self.path}::{name}" if name else self.path)


def project_files(root: Path) -> list[str]:
    """Every file that is, or is about to be, under version control, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    )
    return sorted({path for path in listed.stdout.split("\0") if path and (root / path).is_file()})


def python_sources(root: Path, paths: list[str]) -> list[Source]:
    return [Source.parse(path, (root / path).read_text()) for path in paths if path.endswith(".py")]
