"""Hold the rules of structure (CONTRIBUTING.md): `python -m scripts.check_structure [--report]`."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.banned_code import banned_code
from scripts.banned_text import banned_text
from scripts.layout import mirror, names, purposes
from scripts.sizes import report, too_long
from scripts.source import Finding, Source, project_files, python_sources

EXCEPTIONS = "scripts/structure_exceptions.toml"


def findings(root: Path) -> Iterator[Finding]:
    """Every broken rule in the project at `root`, excused or not."""
    paths = project_files(root)
    sources = python_sources(root, paths)
    yield from mirror(paths)
    yield from names(paths)
    yield from purposes(sources)
    yield from too_long(sources)
    for source in sources:
        if source.path.startswith("src/"):
            yield from banned_code(source)
    for path in paths:
        text = _text(root / path)
        if text is not None:
            yield from banned_text(path, text, root)


def _text(path: Path) -> str | None:
    """The file's text, or None where it is not text: a picture says nothing these rules are about."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def excuse(found: Iterable[Finding], exceptions: dict[str, dict[str, str]]) -> Iterator[Finding]:
    """`found` less what is excused, plus each excuse that has no reason or nothing left to excuse."""
    used: set[tuple[str, str]] = set()
    for finding in found:
        if finding.subject in exceptions.get(finding.rule, {}):
            used.add((finding.rule, finding.subject))
        else:
            yield finding
    for rule, subjects in exceptions.items():
        for subject, reason in subjects.items():
            if (rule, subject) not in used:
                yield Finding(
                    "exception", EXCEPTIONS, 1, f"[{rule}] {subject} is no longer needed: remove it", subject
                )
            elif not reason.strip():
                yield Finding("exception", EXCEPTIONS, 1, f"[{rule}] {subject} lacks its reason", subject)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", action="store_true", help="print the longest files and functions instead")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    chosen = parser.parse_args()
    root: Path = chosen.root
    if chosen.report:
        sources: list[Source] = python_sources(root, project_files(root))
        print(report(sources))
        return 0
    exceptions = tomllib.loads((root / EXCEPTIONS).read_text())
    broken = list(excuse(findings(root), exceptions))
    for finding in broken:
        print(finding)
    print(f"structure: {len(broken)} findings" if broken else "structure: every rule holds")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
