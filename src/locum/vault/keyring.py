"""The root keys a process works with. They follow the root key file: a node sees what another one changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from locum.kit.errors import StartError
from locum.vault.key_file import KeyFile, Stamp, open_key_file
from locum.vault.key_text import RootKeys
from locum.vault.providers import Ask
from locum.vault.seal import SealBroken
from locum.vault.secret import Secret

log = structlog.get_logger("locum.vault")


_RETRY_S = 5.0


class Keyring:
    """Holds root keys. New secrets are sealed under the active one; the others only open."""

    __slots__ = ("_active", "_by_id", "_file", "_guard", "_keys", "_not_before", "_stamp")

    def __init__(self, active: Secret, retired: list[Secret] | None = None) -> None:
        self._file: KeyFile | None = None
        self._stamp: Stamp | None = None
        self._not_before = 0.0
        self._guard = threading.Lock()
        self._hold(RootKeys(active, retired=tuple(retired or ())))

    @classmethod
    def of_file(cls, file: KeyFile) -> Keyring:
        """The keys of the file now, and later what it is changed to. Raises StartError."""
        stamp = file.stamp()
        keys = file.read()
        made = cls(keys.active)
        made._file, made._stamp = file, stamp
        made._hold(keys)
        return made

    @property
    def file(self) -> KeyFile | None:
        """Where the keys come from."""
        return self._file

    @property
    def keys(self) -> RootKeys:
        """All keys, after a look whether the file changed."""
        self._follow_file()
        return self._keys

    @property
    def active_id(self) -> str:
        return self.sealing_key()[0]

    @property
    def active(self) -> Secret:
        return self.sealing_key()[1]

    def sealing_key(self) -> tuple[str, Secret]:
        """The active key's id and the key, after a look whether the file changed: that costs one stat(2)."""
        self._follow_file()
        return self._active

    def key(self, root_key_id: str) -> Secret:
        """The root key of that id. Raises SealBroken if neither the keyring nor the file holds it."""
        found = self._by_id.get(root_key_id)
        if found is None:
            self._follow_file(at_once=True)
            found = self._by_id.get(root_key_id)
        if found is not None:
            return found
        if root_key_id in self._keys.dropped:
            raise SealBroken(f"sealed under root key {root_key_id}, which was dropped")
        raise SealBroken(f"sealed under root key {root_key_id}, which is not in the key file")

    def change(self, how: Callable[[RootKeys], RootKeys]) -> RootKeys:
        """Change the keys, in the file first. Raises StartError, and then nothing has changed."""
        with self._guard:
            self._hold(how(self._keys) if self._file is None else self._file.change(how))
            return self._keys

    def _hold(self, keys: RootKeys) -> None:
        self._by_id = keys.by_id
        self._active = (keys.active_id, keys.active)
        self._keys = keys

    def _follow_file(self, *, at_once: bool = False) -> None:
        """Take over what the file was changed to. What can't be read, or is another installation's, is not taken."""
        if self._file is None or self._file.stamp() == self._stamp:
            return
        with self._guard:
            stamp = self._file.stamp()
            if stamp == self._stamp or (time.monotonic() < self._not_before and not at_once):
                return
            try:
                fresh = self._file.read()
                if not fresh.follow(self._active[0]):
                    raise StartError("it holds other keys than this process works with")
            except StartError as error:
                self._not_before = time.monotonic() + _RETRY_S
                log.error("the root key file was changed and is not taken over", reason=error.detail)
                return
            self._hold(fresh)
            self._stamp = stamp


def load_keyring(path: Path, ask: Ask | None = None) -> Keyring:
    """The keys of the root key file; `ask` gives its passphrase or PIN, if it has one. Raises StartError."""
    return Keyring.of_file(open_key_file(path, ask or _nobody_to_ask))


def _nobody_to_ask(what: str, twice: bool) -> Secret:
    raise StartError(f"{what} is needed, and there is nobody to ask")
