"""Ends a connection on which nothing has passed for as long as its connection profile allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MINUTE_S = 60.0


class Idle:
    """`over` is called with the reason. `touch` costs next to nothing: it is called for every keystroke."""

    def __init__(self, minutes: int, over: Callable[[str], None]) -> None:
        self._minutes = minutes
        self._over = over
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._watch()

    def touch(self) -> None:
        """Something passed."""
        self._last = self._loop.time()

    def stop(self) -> None:
        """`over` is not called any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _watch(self) -> None:
        left = self._last + self._minutes * MINUTE_S - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._watch)
        else:
            self._over(f"nothing passed for {self._minutes} minute{'' if self._minutes == 1 else 's'}")
