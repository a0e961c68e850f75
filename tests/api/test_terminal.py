"""Tickets for terminals, and what a window may say of its size. Terminals themselves: tests/story/test_terminal.py."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from estate import Estate, problem
from locum.api.terminal import AHEAD_BYTES, _Screen, size_of
from locum.kit.errors import Invalid

pytestmark = pytest.mark.anyio


def path_of(session_id: str) -> str:
    return f"/api/locum/v1/ActivitySession/{session_id}/Terminal"


async def test_a_ticket_is_for_ones_own_session(estate: Estate) -> None:
    session = (await estate.ask())["id"]
    answer = await estate.ada.post(path_of(session))
    assert len(answer.json()["ticket"]) > 40
    problem(await estate.eve.post(path_of(session)), 404)
    problem(await estate.admin.post(path_of(session)), 404)  # who manages sessions does not work in them
    problem(await estate.ada.post(path_of(str(uuid4()))), 404)
    problem(await estate.callers.application("robot").post(path_of(session)), 403)


@pytest.mark.parametrize("size", [(0, 24), (80, 1001), ("80", 24), (80, None), (80.0, 24), (True, 24)])
def test_a_size_that_is_none(size: tuple[Any, Any]) -> None:
    with pytest.raises(Invalid):
        size_of({"columns": size[0], "rows": size[1]})


async def test_a_window_that_nobody_hears_is_sent_to_all_the_same() -> None:
    """What is typed waits for the target then, which may wait for the window."""
    screen = _Screen()
    await screen.take(AHEAD_BYTES)
    blocked = asyncio.ensure_future(screen.take(1))
    await asyncio.sleep(0)
    assert not blocked.done()
    with screen.unasked():
        await blocked
    screen.shown(2)
    await screen.take(1)


async def test_a_window_can_not_have_shown_more_than_was_sent() -> None:
    screen = _Screen()
    await screen.take(10)
    screen.shown(10)
    for size in (1, -1, "1", None):
        with pytest.raises(Invalid):
            screen.shown(size)
