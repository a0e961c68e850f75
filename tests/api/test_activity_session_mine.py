"""One's own sessions as rows, also for who may see everybody's."""

from __future__ import annotations

import pytest

from estate import SESSIONS, Estate, problem
from locum.sessions.lifecycle import Status

pytestmark = pytest.mark.anyio


@pytest.mark.sees_effect(
    "ActivitySession.GetSessionSummaryByStatusForUserAsync",
    "ActivitySession.GetHistoricalSessionSummaryForUserAsync",
    "ActivitySession.GetActivitySessionSummaryByIdAsync",
)
async def test_my_sessions_are_mine_alone(estate: Estate) -> None:
    session_id = (await estate.ask())["id"]
    mine = f"{SESSIONS}/MySummaryByStatus"
    (row,) = (await estate.get(estate.ada, f"{mine}/Pending"))["data"]
    assert row["id"] == session_id
    assert await estate.get(estate.ada, f"{SESSIONS}/SummaryById/{session_id}") == row
    problem(await estate.eve.get(f"{SESSIONS}/SummaryById/{session_id}"), 404)
    assert (await estate.get(estate.admin, f"{SESSIONS}/SummaryById/{session_id}"))["id"] == session_id
    estate.become(session_id, Status.ACTIVE, Status.CANCELLING, Status.COMPLETE)
    assert (await estate.get(estate.ada, f"{mine}/Historical"))["recordsTotal"] == 1
    for who in (estate.admin, estate.eve):
        assert (await estate.get(who, f"{mine}/Historical", userId=estate.ids["ada"]))["recordsTotal"] == 0
