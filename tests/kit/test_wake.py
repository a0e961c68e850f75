"""A ring is never lost between looking and waiting, whatever thread it comes from."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from locum.kit.wake import Wake

pytestmark = pytest.mark.anyio


async def test_a_ring_before_waiting_is_seen() -> None:
    wake = Wake()
    seen = wake.seen
    wake.ring()
    start = time.monotonic()
    await wake.wait(seen, 5)
    assert time.monotonic() - start < 1


async def test_a_ring_from_a_thread_wakes_every_waiter() -> None:
    wake = Wake()
    waiting = [asyncio.create_task(wake.wait(wake.seen, 30)) for _ in range(5)]
    await asyncio.sleep(0.01)
    threading.Thread(target=wake.ring).start()
    await asyncio.wait_for(asyncio.gather(*waiting), 5)


async def test_waiting_ends_by_itself() -> None:
    wake = Wake()
    start = time.monotonic()
    await wake.wait(wake.seen, 0.05)
    assert time.monotonic() - start >= 0.04


def test_ringing_without_a_loop_is_harmless() -> None:
    wake = Wake()
    asyncio.run(wake.wait(wake.seen, 0.001))
    wake.ring()
    assert wake.seen == 1
