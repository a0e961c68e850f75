"""That a connection has been ended, for whoever waits for something else meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Over(Exception):
    """The connection was ended while something was being waited for."""


class Ending(asyncio.Event):
    """Is set once the connection has been ended."""

    async def unless(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which is cancelled where the connection ends before. Raises Over then."""
        task = asyncio.create_task(work)
        ended = asyncio.create_task(self.wait())
        try:
            await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Over
            return task.result()
        finally:
            ended.cancel()
            if task.cancel():
                await asyncio.wait({task})
