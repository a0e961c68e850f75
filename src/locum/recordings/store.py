"""Where the containers of this node lie: one directory, one file a recording, named by its UUID and nothing else."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from locum.kit.errors import Conflict, NotFound, StartError
from locum.kit.files import sync_folder

_SUFFIX = ".locrec"


class Store:
    """Names, opens and deletes containers. Files are 0600 in a directory of 0700; a link is never followed.

    A name is made from a UUID, never from what a caller or a target sent, so a path can't leave the directory
    (SEC-21). Methods block; call them off the event loop.
    """

    def __init__(self, root: Path) -> None:
        """Makes the directory where it is missing. Raises StartError where it can't be made private."""
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root = root.resolve(strict=True)
            self.root.chmod(0o700)
        except OSError as error:
            raise StartError(f"The recording directory {root} can't be used: {error.strerror}") from error

    def path(self, recording_id: UUID) -> Path:
        """The file of this recording, there or not."""
        return self.root / f"{UUID(bytes=recording_id.bytes)}{_SUFFIX}"

    def create(self, recording_id: UUID) -> io.FileIO:
        """A new empty file that is only ever appended to. Raises Conflict where the id was used, OSError."""
        try:
            return self._open(recording_id, "ab", os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        except FileExistsError as error:
            raise Conflict(f"Recording {recording_id} exists") from error

    def open(self, recording_id: UUID) -> io.FileIO:
        """The file to read. Raises NotFound."""
        return self._open(recording_id, "rb", os.O_RDONLY)

    def open_to_append(self, recording_id: UUID) -> io.FileIO:
        """The file to read and to append to. Raises NotFound."""
        return self._open(recording_id, "r+b", os.O_RDWR | os.O_APPEND)

    def ids(self) -> Iterator[UUID]:
        """Every recording there is a file of, in no order. Other files are passed over."""
        with os.scandir(self.root) as entries:
            for entry in entries:
                name = entry.name.removesuffix(_SUFFIX)
                if name != entry.name and entry.is_file(follow_symlinks=False) and _is_uuid(name):
                    yield UUID(name)

    def delete(self, recording_id: UUID) -> None:
        """Remove the file, and the key beside it, for good. Raises NotFound."""
        try:
            self.path(recording_id).unlink()
            key_path(self.path(recording_id)).unlink(missing_ok=True)
        except FileNotFoundError as error:
            raise NotFound(f"There is no recording {recording_id}") from error
        self.sync()

    def sync(self) -> None:
        """Return when new and deleted names are on the disk."""
        sync_folder(self.root)

    def free_bytes(self) -> int:
        """What an ordinary process may still write on the file system."""
        found = os.statvfs(self.root)
        return found.f_bavail * found.f_frsize

    def used_bytes(self) -> int:
        """What all recordings take together."""
        with os.scandir(self.root) as entries:
            return sum(_size(entry) for entry in entries if entry.name.endswith(_SUFFIX))

    def _open(self, recording_id: UUID, mode: str, flags: int) -> io.FileIO:
        try:
            descriptor = os.open(self.path(recording_id), flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileNotFoundError as error:
            raise NotFound(f"There is no recording {recording_id}") from error
        return io.FileIO(descriptor, mode)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # deleted a moment ago
        return 0


def key_path(recording: Path) -> Path:
    """Where the data key of this recording lies when it is no longer wrapped as its header says."""
    return recording.with_name(recording.name + ".key")


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
