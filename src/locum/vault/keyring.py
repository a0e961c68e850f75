"""Root keys by id, one of them active, from a file only its owner may read.

The file is text: a line `locum-root-keys 1`, then one line `active|retired ID BASE64` a key. The id is derived from
the key, so a damaged or half-written file is noticed when it is read and not when a secret fails to open.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
import stat
from pathlib import Path

from locum.kit.errors import StartError
from locum.vault.seal import KEY_BYTES, SealBroken, key_id, new_key
from locum.vault.secret import Secret

_HEADER = "locum-root-keys 1"
_MAX_FILE_BYTES = 65_536


class Keyring:
    """Holds root keys. New secrets are sealed under the `active` one; the others only open."""

    __slots__ = ("_keys", "active_id")

    def __init__(self, active: Secret, retired: list[Secret] | None = None) -> None:
        self.active_id = key_id(active)
        self._keys = {key_id(key): key for key in [*(retired or []), active]}

    @property
    def active(self) -> Secret:
        return self._keys[self.active_id]

    def key(self, root_key_id: str) -> Secret:
        """The root key of that id. Raises SealBroken if the keyring does not hold it."""
        found = self._keys.get(root_key_id)
        if found is None:
            raise SealBroken(f"sealed under root key {root_key_id}, which is not in the key file")
        return found


def create_root_key(path: Path) -> None:
    """Write a new root key file: mode 0600, in a directory of mode 0700 that is made if need be.

    What is there already is never overwritten, whole or half-written: that raises StartError. The file gets its name
    only when it is complete and on disk, so a crash leaves either no key file or a good one.
    """
    folder = path.parent
    draft = folder / f".{path.name}.{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner_only(folder, folder.stat())
        _write_durably(draft, _text(new_key()))
        try:
            os.link(draft, path)  # unlike a rename, fails if the name is taken
        finally:
            draft.unlink()
        _sync_folder(folder)
        _sync_folder(folder.parent)
    except FileExistsError:
        raise StartError(f"{path} exists already and is left as it is") from None
    except OSError as error:
        raise StartError(f"can't write the root key {path}: {error.strerror}") from error


def load_keyring(path: Path) -> Keyring:
    """Read the root key file. Raises StartError if it is absent, damaged, or anybody else could read it."""
    try:
        _check_owner_only(path.parent, path.parent.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            # The open file is checked, not the name, so that it can't be exchanged in between.
            _check_owner_only(path, os.fstat(descriptor))
            content = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise StartError(f"can't read the root key {path}: {error.strerror}") from error
    return _parse(path, content)


def _check_owner_only(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise StartError(f"{path} belongs to user {status.st_uid}, but Locum runs as user {os.geteuid()}")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise StartError(f"{path} has mode {mode:04o}: nobody but its owner may have access (chmod go= {path})")


def _text(key: Secret) -> bytes:
    encoded = base64.b64encode(key.reveal()).decode()
    return f"{_HEADER}\nactive {key_id(key)} {encoded}\n".encode()


def _parse(path: Path, content: bytes) -> Keyring:
    *lines, rest = content.decode("ascii", "replace").split("\n")
    if rest or not lines or lines[0] != _HEADER:
        raise StartError(f"{path} is not a whole root key file: restore it from its backup")
    keys: dict[str, list[Secret]] = {"active": [], "retired": []}
    for number, line in enumerate(lines[1:], start=2):
        state, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        raw = b""
        with contextlib.suppress(binascii.Error, ValueError):
            raw = base64.b64decode(encoded, validate=True)
        key = Secret(raw)
        exact = base64.b64encode(raw).decode() == encoded  # the last digit carries bits that decoding ignores
        if state not in keys or not exact or len(raw) != KEY_BYTES or key_id(key) != name:
            raise StartError(f"{path} is damaged in line {number}: restore it from its backup")
        keys[state].append(key)
    if len(keys["active"]) != 1:
        raise StartError(f"{path} must hold exactly one active key, it holds {len(keys['active'])}")
    return Keyring(keys["active"][0], keys["retired"])


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
