"""Whose terminal's files can be had. Files themselves, on a real host: tests/story/test_terminal.py."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ended_shell import ENDED, ended_terminal
from estate import Estate, problem

pytestmark = pytest.mark.anyio


async def test_files_are_those_of_ones_own_open_terminal(estate: Estate) -> None:
    terminal_id = await ended_terminal(estate)
    for what in ("Folder", "File"):
        assert (
            problem(await estate.ada.get(f"/api/locum/v1/Terminal/{terminal_id}/{what}"), 409)["detail"] == ENDED
        )
        for caller, one in ((estate.eve, terminal_id), (estate.admin, terminal_id), (estate.ada, uuid4())):
            problem(await caller.get(f"/api/locum/v1/Terminal/{one}/{what}"), 404)
    problem(await estate.eve.put(f"/api/locum/v1/Terminal/{terminal_id}/File", {}), 404)
