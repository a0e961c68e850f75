"""How much room recordings have: what the operator gives them, and never the last of the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable

from locum.kit.errors import Conflict
from locum.recordings.store import Store

RESERVE_BYTES = 64 * 1024 * 1024  # of the disk, which no recording ever gets
LOOK_AGAIN_S = 5.0  # recordings are deleted behind our back: how soon that is seen
_LOOK_EACH = 1024 * 1024  # bytes between two looks at the disk


class NoRoom(Conflict):
    """No more is recorded."""


class Space:
    """Of one store. Methods may be called by any thread, and block for as long as a look at the folder takes."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        *,
        reserve_bytes: int,
        most_bytes: int | None = None,
        ends_open: bool = True,
        shared: bool = False,
    ) -> None:
        """`most_bytes`: what all recordings together may take; None: the disk. `ends_open`: recordings that are open
        when it is taken end then; else they go on, and only new ones are refused. `shared`: other processes write
        there too, which is seen within LOOK_AGAIN_S. `clock` says seconds."""
        self._store = store
        self._reserve = reserve_bytes
        self._most = most_bytes
        self._ends_open = ends_open
        self._shared = shared
        self._clock = clock
        self._lock = threading.Lock()
        self._used = 0
        self._looked_at: float | None = None
        self._unseen = 0  # bytes since the last look at the disk

    def check_new(self) -> None:
        """Raise NoRoom where no further recording may begin. Raises OSError."""
        with self._lock:
            self._check_disk()
            self._check_most()

    def take(self, size: int) -> None:
        """An open recording grows by so many bytes. Raises NoRoom where it must not, and OSError."""
        with self._lock:
            self._used += size
            self._unseen += size
            if self._unseen >= _LOOK_EACH:
                self._check_disk()
            if self._ends_open:
                self._check_most()

    def _check_disk(self) -> None:
        free = self._store.free_bytes()
        if free < self._reserve:
            raise NoRoom(
                f"The connection can't be recorded: {free >> 20} MiB are free for recordings, "
                f"and {self._reserve >> 20} MiB are kept in reserve"
            )
        self._unseen = 0

    def _check_most(self) -> None:
        if self._most is None:
            return
        now = self._clock()
        last = self._looked_at
        look = self._shared or self._used >= self._most
        if last is None or (look and now - last >= LOOK_AGAIN_S):
            self._used, self._looked_at = self._store.used_bytes(), now
        if self._used >= self._most:
            raise NoRoom(f"The connection can't be recorded: recordings take all of their {self._most >> 20} MiB")
