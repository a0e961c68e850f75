"""Rules about size: where a file or function is long enough to be split."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scripts.source import Finding, Source

FILE_LINES = 400
FUNCTION_LINES = 70


@dataclass(frozen=True, slots=True)
class Size:
    """Lines of a file (`name` empty) or of one function, from its `def` to its end."""

    path: str
    name: str
    line: int
    lines: int

    @property
    def limit(self) -> int:
        return FUNCTION_LINES if self.name else FILE_LINES


def measure(sources: Iterable[Source]) -> list[Size]:
    """The size of every file and of every function, methods and inner functions too."""
    sizes: list[Size] = []
    for source in sources:
        sizes.append(Size(source.path, "", 1, len(source.text.splitlines())))
        sizes.extend(_functions(source.path, source.tree, ""))
    return sizes


def _functions(path: str, node: ast.AST, prefix: str) -> Iterator[Size]:
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}.{child.name}" if prefix else child.name
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size(path, name, child.lineno, (child.end_lineno or child.lineno) - child.lineno + 1)
        yield from _functions(path, child, name)


def too_long(sources: Iterable[Source]) -> Iterator[Finding]:
    for size in measure(sources):
        if size.lines > size.limit:
            what = f"function {size.name}" if size.name else "file"
            subject = f"{size.path}::{size.name}" if size.name else size.path
            yield Finding(
                "long", size.path, size.line, f"{what} has {size.lines} lines, split it at {size.limit}", subject
            )


def report(sources: list[Source], rows: int = 15) -> str:
    """The longest files and functions, and how they are spread, as a table for people."""
    sizes = measure(source for source in sources if source.path.startswith("src/"))
    parts: list[str] = []
    for title, chosen in (
        ("files", [s for s in sizes if not s.name]),
        ("functions", [s for s in sizes if s.name]),
    ):
        if not chosen:
            continue
        ordered = sorted(chosen, key=lambda size: -size.lines)
        middle, ninth = ordered[len(ordered) // 2].lines, ordered[len(ordered) // 10].lines
        total = sum(size.lines for size in ordered)
        parts.append(f"{len(ordered)} {title} in src/, {total} lines: median {middle}, p90 {ninth}, longest:")
        parts += [
            f"  {size.lines:5}  {size.path}{'::' if size.name else ''}{size.name}" for size in ordered[:rows]
        ]
    return "\n".join(parts)
