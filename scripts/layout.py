"""Rules about files: tests mirror sources, names say what is inside, packages state their purpose."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from scripts.source import Finding, Source

SOURCES = PurePosixPath("src/locum")
TESTS = PurePosixPath("tests")
# Tests of what several rooms do together, and of what is not a room, mirror nothing.
NOT_ROOMS = frozenset({"security", "contract", "story", "scripts", "bench", "demo", "browser"})
# Alembic runs these as a whole, and so does the test of `locum.main.migrate`.
MIGRATIONS = SOURCES / "main" / "migrations"
SAYS_NOTHING = frozenset(
    {"service", "services", "util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
)


def mirror(paths: Iterable[str]) -> Iterator[Finding]:
    """Each source has a test file of its name in the same folder of tests/, and no test file lacks its source."""
    present = set(paths)
    for text in sorted(present):
        path = PurePosixPath(text)
        if path.suffix != ".py":
            continue
        if path.is_relative_to(SOURCES) and path.name != "__init__.py":
            if path.is_relative_to(MIGRATIONS):
                continue
            folder = TESTS / path.parent.relative_to(SOURCES)
            wanted = str(folder / f"test_{path.stem.strip('_')}.py")
            if wanted not in present:
                yield Finding("no_test_file", text, 1, f"has no test file {wanted}", text)
        elif path.is_relative_to(TESTS) and path.name.startswith("test_"):
            folder = path.parent.relative_to(TESTS)
            if folder.parts and folder.parts[0] in NOT_ROOMS:
                continue
            stem = path.stem.removeprefix("test_")
            candidates = [str(SOURCES / folder / f"{name}.py") for name in (stem, f"_{stem}", f"__{stem}__")]
            if not present.intersection(candidates):
                yield Finding("no_source", text, 1, f"tests no source: {candidates[0]} does not exist", text)


def names(paths: Iterable[str]) -> Iterator[Finding]:
    """No file or folder of Python is named for a layer: such files grow without end because all fits into them."""
    for text in sorted(paths):
        path = PurePosixPath(text)
        if path.suffix != ".py":
            continue
        for part in (*path.parts[:-1], path.stem):
            if part.strip("_").removeprefix("test_") in SAYS_NOTHING:
                yield Finding("name", text, 1, f"`{part}` says nothing: name it for a verb or a thing", text)


def purposes(sources: Iterable[Source]) -> Iterator[Finding]:
    """Each package under src/ begins with one line that says what it is for."""
    for source in sources:
        if not source.path.startswith("src/") or not source.path.endswith("/__init__.py"):
            continue
        docstring = ast.get_docstring(source.tree)
        if not docstring or "\n" in docstring.strip() or not docstring.strip().endswith("."):
            yield source.finding(
                "purpose", None, "does not begin with its purpose: a docstring of one line, one full stop"
            )
