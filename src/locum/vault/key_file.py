"""The root key file: only its owner may read it, it is whole or not there, and it is replaced in one step.

What stands in it is said by `key_text` and `providers`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from locum.kit.errors import StartError
from locum.vault import providers
from locum.vault.key_text import RootKeys, parsed, written
from locum.vault.providers import Ask, InTheClear, Provider
from locum.vault.seal import new_key

_MAX_FILE_BYTES = 65_536

Stamp = tuple[int, int, int]
"""Changes whenever the file does: inode, size, time of the last write."""


class KeyFile:
    """The root key file at `path` and the provider that unlocks it, which was asked once."""

    def __init__(self, path: Path, provider: Provider) -> None:
        self.path = path
        self.provider = provider

    @property
    def provider_name(self) -> str:
        """`file`, `env`, `passphrase` or the token's URI."""
        return self.provider.line.split(" ")[0]

    def read(self) -> RootKeys:
        """The root keys. Raises StartError: absent, damaged, readable for others, or not unlocked by this provider."""
        source = str(self.path)
        text = providers.text_in(self.provider, read_content(self.path), source)
        where = providers.VARIABLE if self.provider.line == "env" else source
        return parsed(text, where)

    def stamp(self) -> Stamp | None:
        """To tell whether the file changed; None where it is gone."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

    def change(self, how: Callable[[RootKeys], RootKeys]) -> RootKeys:
        """Replace the keys by what `how` makes of them, and return when that is on the disk. Raises StartError."""
        with _alone(self.path.parent):
            keys = how(self.read())
            self._replace(keys, self.provider)
        return keys

    def move(self, provider: Provider) -> None:
        """Have `provider` unlock the file from now on; the keys stay. Returns when that is on the disk.

        Raises StartError, also where an environment that is to hold the keys holds others.
        """
        with _alone(self.path.parent):
            self._replace(self.read(), provider)
            self.provider = provider

    def _replace(self, keys: RootKeys, provider: Provider) -> None:
        """The file keeps its name throughout: a crash leaves the old content or the new one. The new content is opened
        again before it gets the name."""
        content = providers.file_content(provider, written(keys))
        again = parsed(providers.text_in(provider, content, str(self.path)), str(self.path))
        if again != keys:
            raise StartError("the root key provider does not give back what it sealed: nothing was changed")
        draft = _draft(self.path, content)
        draft.replace(self.path)
        _sync_folder(self.path.parent)


def create_root_key(path: Path, provider: Provider | None = None) -> None:
    """Make a root key and write its file: mode 0600, in a directory of mode 0700 that is made if need be.

    Where the provider has the keys already (the environment), they are taken. What is there is never overwritten,
    whole or half-written: that raises StartError. The file gets its name only when it is complete and on disk.
    """
    provider = provider or InTheClear()
    keys = RootKeys(new_key())
    if provider.line == "env":
        keys = parsed(provider.unseal(b""), providers.VARIABLE)
        content = providers.file_content(provider, provider.unseal(b""))
    else:
        content = providers.file_content(provider, written(keys))
    if parsed(providers.text_in(provider, content, str(path)), str(path)) != keys:
        raise StartError("the root key provider does not give back what it sealed: nothing was written")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(path.parent):
            draft = _draft(path, content)
            try:
                os.link(draft, path)  # unlike a rename, fails if the name is taken
            finally:
                draft.unlink()
            _sync_folder(path.parent)
            _sync_folder(path.parent.parent)
    except FileExistsError:
        raise StartError(f"{path} exists already and is left as it is") from None
    except OSError as error:
        raise StartError(f"can't write the root key {path}: {error.strerror}") from error


def open_key_file(path: Path, ask: Ask) -> KeyFile:
    """The file with its provider; `ask` is called if that needs a secret. Raises StartError."""
    return KeyFile(path, providers.found(read_content(path), str(path), ask))


def read_content(path: Path) -> bytes:
    """What stands in the file. Raises StartError if it is absent or anybody else could read it."""
    try:
        _check_owner_only(path.parent, path.parent.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            # The open file is checked, not the name, so that it can't be exchanged in between.
            _check_owner_only(path, os.fstat(descriptor))
            return file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise StartError(f"can't read the root key {path}: {error.strerror}") from error


def _check_owner_only(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise StartError(f"{path} belongs to user {status.st_uid}, but Locum runs as user {os.geteuid()}")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise StartError(f"{path} has mode {mode:04o}: nobody but its owner may have access (chmod go= {path})")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process changes a key file in this folder meanwhile."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StartError(f"can't use {folder}: {error.strerror}") from error
    try:
        _check_owner_only(folder, os.fstat(descriptor))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _draft(path: Path, content: bytes) -> Path:
    """The content durably under another name. Drafts that a crash left hold keys, so they go."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_durably(draft, content)
    return draft


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # whatever the umask says
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
