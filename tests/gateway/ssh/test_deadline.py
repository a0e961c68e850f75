"""The end of a session's time, by the wall clock. What people are told is tested in test_connection.py."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from locum.gateway.ssh import deadline as subject
from locum.gateway.ssh.deadline import Deadline

pytestmark = pytest.mark.anyio


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def test_the_clock_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer of hours would be late after the machine slept."""
    monkeypatch.setattr(subject, "CLOCK_CHECK_S", 0.05)
    over = asyncio.Event()
    watched = Deadline(now() + dt.timedelta(hours=8), None, over=over.set, tell=pytest.fail)
    watched.watch()
    await asyncio.sleep(0.2)
    assert not over.is_set()

    class Later(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return dt.datetime.now(tz) + dt.timedelta(hours=9)

    class Time:
        UTC = dt.UTC
        datetime = Later

    monkeypatch.setattr(subject, "dt", Time)
    async with asyncio.timeout(5):
        await over.wait()


async def test_each_end_is_told_once_and_the_last_one_counts() -> None:
    told: list[str] = []
    over = asyncio.Event()
    watched = Deadline(now() + dt.timedelta(seconds=30), dt.timedelta(minutes=1), over=over.set, tell=told.append)
    watched.watch()
    watched.watch()
    assert len(told) == 1
    assert told[0].startswith("your session ends in 1 minute, at ")
    watched.at = now() + dt.timedelta(seconds=50)
    watched.watch()
    assert len(told) == 2
    watched.at = now() - dt.timedelta(seconds=1)
    watched.stop()
    assert not over.is_set()
    watched.watch()
    assert over.is_set()
