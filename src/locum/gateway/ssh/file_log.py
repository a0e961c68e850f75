"""PURE. What is kept of a file that moves: which, which way, how much of it, and its SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from locum.gateway.ssh.relay import printable

Direction = Literal["uploaded", "downloaded"]


@dataclass(frozen=True, slots=True)
class FileEvent:
    """`what` is "uploaded", "downloaded", "removed"…; `note` says what else is to know. `sha256` is of the bytes in
    the order in which they passed."""

    what: str
    path: str
    size: int | None = None
    sha256: str | None = None
    note: str = ""

    @property
    def line(self) -> str:
        """For the recording."""
        words = [f"file {self.what}: {printable(self.path)}"]
        if self.size is not None:
            words.append(f"{self.size} bytes, sha256 {self.sha256}")
        return ", ".join([*words, *([printable(self.note)] if self.note else [])])

    @property
    def detail(self) -> dict[str, str | int | bool | None]:
        """For the audit log."""
        moved = {} if self.size is None else {"bytes": self.size, "sha256": self.sha256}
        return {
            "kind": self.what,
            "file": printable(self.path),
            **moved,
            # A name that is no UTF-8 stands in a note, too, and can't be written down as it is.
            **({"reason": printable(self.note)} if self.note else {}),
        }


@dataclass(slots=True)
class Passage:
    """The bytes of one file going one way."""

    size: int = 0
    begin: int | None = None
    _end: int | None = None
    _in_order: bool = True
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def take(self, offset: int, data: bytes | memoryview) -> None:
        """These bytes of the file passed."""
        if self.begin is None:
            self.begin = offset
        elif offset != self._end:
            self._in_order = False
        self._end = offset + len(data)
        self.size += len(data)
        self._digest.update(data)

    def event(self, what: Direction, path: str, *, note: str = "") -> FileEvent:
        """What is to be kept of it."""
        notes = [note] if note else []
        if self.begin:
            notes.append(f"from byte {self.begin} on")
        if not self._in_order:
            notes.append("in another order than the file has")
        return FileEvent(what, path, self.size, self._digest.hexdigest(), ", ".join(notes))
