"""Sessions by way of the API."""

from __future__ import annotations

import asyncio

import msgspec

from bench.load import Line, http_request

ASKED = {"activityName": "Linux sudo", "managedResourceName": "web01"}
ACTIVE, ENDED = 1, {3, 4, 5}
POLL_S = 0.004


async def open_session(line: Line, token: str) -> str:
    """Ask for a session and wait until it is active; its id."""
    status, body = await line.ask(http_request("POST", "/api/v1/ActivitySession", token, ASKED))
    assert status == 201, body
    session_id = str(msgspec.json.decode(body)["id"])
    await _until(line, token, session_id, {ACTIVE})
    return session_id


async def end_session(line: Line, token: str, session_id: str) -> None:
    """End it and wait until nothing of it is left, so that its end does not disturb what is measured next."""
    await line.ask(http_request("DELETE", f"/api/v1/ActivitySession/{session_id}", token))
    await _until(line, token, session_id, ENDED)


async def _until(line: Line, token: str, session_id: str, statuses: set[int]) -> None:
    while True:
        _, body = await line.ask(http_request("GET", f"/api/v1/ActivitySession/{session_id}", token))
        found = msgspec.json.decode(body)["status"]
        if found in statuses:
            return
        assert found not in ENDED, body
        await asyncio.sleep(POLL_S)
