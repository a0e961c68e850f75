"""Who may ask to type in a connection, and in which. The typing itself: tests/story/test_terminal.py."""

from __future__ import annotations

from uuid import uuid4

import pytest

from estate import Estate, problem
from locum.recordings.format import Event
from locum.sessions.lifecycle import Status
from recorded import keep

pytestmark = pytest.mark.anyio


def path_of(connection_id: object) -> str:
    return f"/api/locum/v1/Recording/{connection_id}/Assist"


async def test_a_ticket_is_for_a_connection_that_goes_on_here(estate: Estate) -> None:
    session = (await estate.ask())["id"]
    estate.become(session, Status.ACTIVE)
    connection_id = estate.connect(session)
    keep(estate.callers.api, connection_id, Event(0.0, "o", b"$ "))
    assert (await estate.admin.post(path_of(connection_id))).json()["ticket"]
    problem(await estate.ada.post(path_of(connection_id)), 403)
    problem(await estate.admin.post(path_of(uuid4())), 404)
