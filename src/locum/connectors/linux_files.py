"""PURE: a file on a Linux host that holds an account's secret: its path, where in it the secret is, what uses it.

Its parameters: `path`; `pattern`, the text around the secret with {secret} in its place, all on one line, such as
`password = "{secret}"`; and `unit`, if something is to be started again when the secret has changed.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from locum.connectors.base import Dependant, TargetRefused
from locum.connectors.linux_steps import MARKER
from locum.connectors.values import has_controls, password_text
from locum.vault.secret import Secret

PLACE = "{secret}"
MOST_PATH = 1000
MOST_PATTERN = 500
UNIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,199}")
_QUOTES = ('"', "'")


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A dependant of kind `file`, checked."""

    path: str
    before: str
    after: str
    unit: str | None
    marker: str


def secret_file(dependant: Dependant) -> SecretFile:
    """TargetRefused for parameters that are not safe, or not clear, on a host."""
    given = dependant.parameters
    path, pattern, unit = given.get("path", ""), given.get("pattern", ""), given.get("unit")
    if dependant.kind != "file":
        raise TargetRefused("Linux knows no dependant of that kind")
    if not given.keys() <= {"path", "pattern", "unit"}:
        raise TargetRefused("a file has the parameters path, pattern and unit, no others")
    if not MARKER.fullmatch(dependant.marker):
        raise TargetRefused("the dependant's id is malformed")
    if not path.startswith("/") or posixpath.normpath(path) != path or path == "/" or path.startswith("//"):
        raise TargetRefused("the path must be absolute and plain, without . or .. in it")
    if len(path.encode()) > MOST_PATH or has_controls(path):
        raise TargetRefused("the path is too long or holds a control character")
    before, place, after = pattern.partition(PLACE)
    if not place or PLACE in after:
        raise TargetRefused(f"the pattern must have {PLACE} in it, once")
    if len(pattern.encode()) > MOST_PATTERN or has_controls(pattern.replace("\t", "")):
        raise TargetRefused("the pattern is too long or holds a line break")
    if unit is not None and not UNIT.fullmatch(unit):
        raise TargetRefused("the unit's name is malformed")
    return SecretFile(path, before, after, unit, dependant.marker)


def count(file: SecretFile, content: bytes, secret: Secret) -> int:
    """How often the secret stands in the content as the pattern says. Without text before or after it, the pattern
    begins or ends with the line."""
    return len(_places(file, content, secret))


def replaced(file: SecretFile, content: bytes, *, old: Secret, new: Secret) -> bytes:
    """The content with `new` in place of `old`; as it is if `new` stands there already. TargetRefused if that is not
    exactly one place, or if the file could not be read any more with the new secret in it."""
    _check_fits(file, password_text(new))
    places, already = _places(file, content, old), _places(file, content, new)
    if len(already) == 1 and (old == new or not places):
        return content
    if len(places) != 1 or already:
        found = "nowhere" if not places else "more than once or beside the new one"
        raise TargetRefused(f"{file.path} holds the old secret {found} where the pattern says")
    start = places[0] + len(file.before.encode())
    return content[:start] + new.reveal() + content[start + len(old.reveal()) :]


def _places(file: SecretFile, content: bytes, secret: Secret) -> list[int]:
    text = f"{file.before}{password_text(secret)}{file.after}".encode()
    found = []
    at = content.find(text)
    while at >= 0:
        end = at + len(text)
        begins = bool(file.before) or at == 0 or content[at - 1 : at] == b"\n"
        ends = bool(file.after) or content[end : end + 2] in (b"", b"\r\n") or content[end : end + 1] == b"\n"
        if begins and ends:
            found.append(at)
        at = content.find(text, at + 1)
    return found


def _check_fits(file: SecretFile, text: str) -> None:
    if file.after and file.after in text:
        raise TargetRefused("the new secret holds the text that follows it in the pattern")
    quote = file.after[:1]
    if quote in _QUOTES and file.before.endswith(quote) and (quote in text or "\\" in text):
        raise TargetRefused("the new secret holds a quote or backslash, and the pattern has it in quotes")
