"""PURE: finds API keys in bytes that come in pieces, however long the whole and wherever it is cut.

Every place where a key's own characters stand one after the other is found, whatever is around them: in binary files,
in quotes, after `%3D`, in UTF-16 of either byte order. What changes the characters themselves hides a key: compression,
base64, encryption, an underscore written `%5F`, a line break inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from locum.identities.key_format import PREFIX, well_formed
from locum.vault.secret import Secret

SHOWN = 4
"""How many last characters of a key may be shown. They belong to its checksum."""

_NARROW = PREFIX.encode()
_NARROW_KEY = re.compile(_NARROW + rb"[0-9A-Za-z]{49}")
# UTF-16 of either order looks alike from the first letter to the last: letter, zero, letter, …, letter.
_WIDE = b"\0".join(bytes([letter]) for letter in _NARROW)
_WIDE_KEY = re.compile(re.escape(_WIDE) + rb"(?:\0[0-9A-Za-z]){49}")
_LONGEST = len(_WIDE) + 2 * 49  # 115 bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A key and where it begins. Lines and columns count from 1; columns are bytes, in UTF-16 pairs of them."""

    line: int
    column: int
    key: Secret
    genuine: bool

    @property
    def end(self) -> str:
        """The key's last characters, to tell one from another."""
        return self.key.reveal_text()[-SHOWN:]


def mentions(pieces: Iterable[bytes]) -> bool:
    """Whether a key may begin anywhere in these bytes. Half as long as a scan, and nearly no file has one."""
    kept = b""
    for piece in pieces:
        text = kept + piece
        if _NARROW in text or (b"\0" in text and _WIDE in text):
            return True
        kept = text[1 - len(_WIDE) :]
    return False


class TokenScan:
    """Reads one file or stream. Keeps the last 114 bytes of what it has read and nothing else."""

    def __init__(self, *, look_alikes: bool = False) -> None:
        """`look_alikes`: report also what has a key's form and a wrong checksum."""
        self._look_alikes = look_alikes
        self._kept = b""
        self._counted = 0  # bytes of `_kept` whose line ends are counted
        self._line = 1
        self._since_line = 0  # bytes between the beginning of that line and the counted place

    def feed(self, piece: bytes) -> list[Found]:
        """The keys that end in `piece`, in order."""
        known = len(self._kept)
        text = self._kept + piece
        found = []
        for start, key, width in sorted(_keys(text, known)):
            if (genuine := well_formed(key)) or self._look_alikes:
                self._count(text, start)
                found.append(Found(self._line, self._since_line // width + 1, Secret(key), genuine))
        self._kept = text[1 - _LONGEST :]
        dropped = len(text) - len(self._kept)
        self._count(text, max(dropped, self._counted))
        self._counted -= dropped
        return found

    def _count(self, text: bytes, until: int) -> None:
        """Go on counting lines up to `until`."""
        lines = text.count(b"\n", self._counted, until)
        if lines:
            self._line += lines
            self._since_line = until - text.rfind(b"\n", self._counted, until) - 1
        else:
            self._since_line += until - self._counted
        self._counted = until


def _keys(text: bytes, known: int) -> Iterator[tuple[int, str, int]]:
    """Where a key begins, the key, and how many bytes each of its letters takes. Those within `known` are left out."""
    for match in _matches(_NARROW_KEY, _NARROW, text):
        if match.end() > known:
            yield match.start(), match[0].decode(), 1
    if b"\0" in text:
        for match in _matches(_WIDE_KEY, _WIDE, text):
            if match.end() > known:
                yield match.start(), match[0][::2].decode(), 2


def _matches(pattern: re.Pattern[bytes], beginning: bytes, text: bytes) -> Iterator[re.Match[bytes]]:
    """Every match, also one that begins within another: half a key may stand right before a whole one.

    Many times as fast as the pattern alone: nearly no text has the beginning, and `find` is quick to say so.
    """
    at = text.find(beginning)
    while at >= 0:
        match = pattern.match(text, at)
        if match:
            yield match
        at = text.find(beginning, at + 1)
