"""When a connection has to end by its session's time, and when the person is told so before."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Callable

CLOCK_CHECK_S = 15.0


class Deadline:
    """`over` is called when the time has come, and `tell` with words for the person `notice` before, once for each end.

    It looks at the wall clock now and then, for a timer alone would be late after the machine was asleep.
    """

    def __init__(
        self,
        at: dt.datetime,
        notice: dt.timedelta | None,
        *,
        over: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self.at = at
        self._notice = notice
        self._over = over
        self._tell = tell
        self._told_of: dt.datetime | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begin, or look again after `at` was changed."""
        self.stop()
        left = (self.at - dt.datetime.now(dt.UTC)).total_seconds()
        if left <= 0:
            self._over()
            return
        wait = min(left, CLOCK_CHECK_S)
        if self._notice is not None and self._told_of != self.at:
            before = left - self._notice.total_seconds()
            if before <= 0:
                self._told_of = self.at
                self._tell(_words(self.at, left))
            else:
                wait = min(wait, before)
        self._timer = asyncio.get_running_loop().call_later(wait, self.watch)

    def stop(self) -> None:
        """Nothing is called any more."""
        if self._timer is not None:
            self._timer.cancel()


def _words(at: dt.datetime, left: float) -> str:
    minutes = math.ceil(left / 60)
    clock = at.astimezone(dt.UTC).strftime("%H:%M")
    return f"your session ends in {minutes} minute{'' if minutes == 1 else 's'}, at {clock} UTC"
