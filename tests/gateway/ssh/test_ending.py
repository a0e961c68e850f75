"""Waiting for something that may never come, as the connection is ended first."""

from __future__ import annotations

import asyncio

import pytest

from locum.gateway.ssh.ending import Ending, Over

pytestmark = pytest.mark.anyio


async def test_what_is_done_in_time_is_answered() -> None:
    assert await Ending().unless(asyncio.sleep(0, "done")) == "done"


async def test_what_is_waited_for_is_cancelled_at_the_end() -> None:
    ending, cancelled = Ending(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    asyncio.get_running_loop().call_later(0.01, ending.set)
    with pytest.raises(Over):
        await ending.unless(work())
    assert cancelled.is_set()
