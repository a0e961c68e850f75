"""Events are written in order, together, and whoever makes too many waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from locum.gateway.ssh.event_log import AT_ONCE, FULL, EventLog
from locum.sessions.connections import ConnectionEvent

pytestmark = pytest.mark.anyio


async def test_everything_is_written_in_order_and_many_at_once() -> None:
    written: list[Sequence[ConnectionEvent]] = []
    gate = asyncio.Event()
    full: list[bool] = []

    async def write(events: Sequence[ConnectionEvent]) -> None:
        await gate.wait()
        written.append(events)

    log = EventLog(write, full.append)
    await log.written()
    events: list[ConnectionEvent] = [("a", {"count": number}) for number in range(FULL + AT_ONCE)]
    for event in events:
        log.add(event)
    assert full == [True]
    gate.set()
    await log.written()
    assert [event for batch in written for event in batch] == events
    assert max(map(len, written)) == AT_ONCE
    assert full == [True, False]
    log.add(("b", {}))
    await log.written()
    assert written[-1] == [("b", {})]
