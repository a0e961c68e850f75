"""Rules about text: the repository names no machine's folders and no registry's hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from scripts.source import Finding

# Hosts uv writes into its lock file, and nowhere else may stand.
LOCK_HOSTS = frozenset({"pypi.org", "files.pythonhosted.org"})
# These name what they ban.
RULE_FILES = frozenset(
    {"scripts/banned_text.py", "scripts/structure_exceptions.toml", "tests/scripts/test_banned_text.py"}
)
_URL_HOST = re.compile(r"https?://([A-Za-z0-9.-]+)")
_FOLDER = re.compile(r"(?<![\w.~-])/(?:work|home/[a-z_][\w.-]*|Users/\w+)/")
_REGISTRY = re.compile(
    r"\b(?:pypi\.(?:org|python\.org)|pythonhosted\.org|registry\.(?:npmjs\.org|yarnpkg\.com)|deb\.debian\.org"
    r"|(?:archive|security)\.ubuntu\.com|(?:[a-z0-9-]+\.)*(?:artifactory|nexus|devpi|pypi-mirror)\.[a-z0-9.-]+)",
    re.IGNORECASE,
)
_INDEX_OPTION = re.compile(
    r"--(?:extra-)?index-url|--find-links|\b(?:PIP|UV)_\w*(?:INDEX|FIND_LINKS)\w*|^index-url\s*="
)


def banned_text(path: str, text: str, root: Path) -> Iterator[Finding]:
    """Findings in one text file; `root` is where this checkout lies, which no file may say either."""
    if path in RULE_FILES:
        return
    if path == "uv.lock":
        for host in sorted(set(_URL_HOST.findall(text)) - LOCK_HOSTS):
            yield Finding("text", path, 1, f"names the host {host}: lock against the public index", path)
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in (
            (_FOLDER, "a folder of one machine"),
            (_REGISTRY, "a registry's host"),
            (_INDEX_OPTION, "a choice of registry, which belongs to the machine"),
        ):
            found = pattern.search(line)
            if found:
                yield Finding("text", path, number, f"names {what}: {found[0]}", f"{path}::{found[0]}")
        if f"{root}/" in line:
            yield Finding("text", path, number, "names the folder of this checkout", f"{path}::{root}/")
