"""The anchor file: every signed checkpoint as a line of JSON, to be copied to where this machine can't reach.

What the database's owner could do unseen, cutting off the newest rows, shows as soon as one later line survives.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from locum.audit.seal import Checkpoint
from locum.kit.errors import LocumError

_MAX_LINE = 1024
_decoder = msgspec.json.Decoder(Checkpoint)


class AnchorsDamaged(LocumError):
    """The anchor file's end can't be read, so nothing can be added to it."""


def append(path: Path, later_than: Callable[[Checkpoint | None], list[Checkpoint]]) -> None:
    """Add the checkpoints that `later_than(last line)` gives, until it gives none; they are on disk on return.

    Other processes may append at the same time. A line that a crash left unfinished is taken away first.
    Raises OSError, AnchorsDamaged.
    """
    is_new = not path.exists()
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last(file)
        while found := later_than(last):
            file.write(b"".join(_encoded(checkpoint) for checkpoint in found))
            last = found[-1]
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _sync_folder(path.parent)


def read(path: Path, size: int) -> Iterator[Checkpoint | int]:
    """The lines in the first `size` bytes; the line's number for one that is no checkpoint."""
    with open(path, "rb") as file:
        number = 0
        while file.tell() < size and (line := file.readline(_MAX_LINE)):
            number += 1
            if file.tell() >= size and not line.endswith(b"\n"):
                return  # a crash may cut the last line short
            yield _decoded(line) or number


def _last(file: BinaryIO) -> Checkpoint | None:
    """The checkpoint in the last whole line, None for an empty file; what follows that line is cut off."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - 2 * _MAX_LINE)
    file.seek(start)
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        file.truncate(start + len(whole))
    if not whole:
        if start:
            raise AnchorsDamaged(f"{file.name} does not end in a line of an anchor file")
        return None
    last = _decoded(whole[whole[:-1].rfind(b"\n") + 1 :])
    if last is None:
        raise AnchorsDamaged(f"the last line of {file.name} is not a checkpoint")
    return last


def _encoded(checkpoint: Checkpoint) -> bytes:
    return msgspec.json.encode(checkpoint) + b"\n"


def _decoded(line: bytes) -> Checkpoint | None:
    """The checkpoint, or None if the line is not exactly as `append` writes it."""
    try:
        checkpoint = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return checkpoint if _encoded(checkpoint) == line else None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
