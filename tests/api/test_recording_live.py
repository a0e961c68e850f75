"""Watching a connection while it goes on: administrators only, audited before anything is shown, to its end."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from estate import Estate, problem
from locum.kit.db import Tx
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE
from locum.sessions.lifecycle import Status
from locum.sessions.model import connection
from recorded import frames

pytestmark = pytest.mark.anyio

RECORDINGS = "/api/locum/v1/Recording"


async def live(estate: Estate, *events: Event) -> tuple[str, list[bytes]]:
    """A connection that goes on, and the frames that its recorder will write."""
    session_id = (await estate.ask(estate.ada))["id"]
    estate.become(session_id, Status.ACTIVE)
    connection_id = estate.connect(session_id)
    api = estate.callers.api

    def here(tx: Tx) -> None:
        tx.run(sa.update(connection).values(node=api.node))

    await estate.database.write(here)
    key, wrapped = api.vault.new_data_key(purpose=KEY_PURPOSE, subject_id=UUID(connection_id))
    made = frames([[event] for event in events], recording_id=UUID(connection_id), key=key, wrapped=wrapped)
    api.recordings.create(UUID(connection_id)).close()
    return connection_id, made


def write(estate: Estate, connection_id: str, *parts: bytes) -> None:
    with estate.callers.api.recordings.open_to_append(UUID(connection_id)) as file:
        for part in parts:
            file.write(part)


TALK = (
    Event(0.5, "o", b"$ "),
    Event(1.0, "i", b"secret\r"),
    Event(1.5, "o", b"done\xc3"),
    Event(2.0, "o", b"\xa4\n"),
)


@pytest.mark.sees_effect("Recording.Watch")
async def test_an_administrator_sees_what_comes_until_the_end(estate: Estate) -> None:
    connection_id, parts = await live(estate, *TALK)
    write(estate, connection_id, *parts[:3])
    watching = asyncio.create_task(estate.admin.get(f"{RECORDINGS}/{connection_id}/Live"))
    await asyncio.sleep(0.3)
    assert not watching.done()
    assert estate.audited("recording.watched", connection_id) == 1
    for part in parts[3:]:
        write(estate, connection_id, part)
        await asyncio.sleep(0.15)
    answer = await asyncio.wait_for(watching, 10)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-asciicast")
    head, *lines = [json.loads(line) for line in answer.text.splitlines()]
    assert head["version"] == 2
    assert [tuple(line) for line in lines] == [(0.5, "o", "$ "), (1.5, "o", "done"), (2.0, "o", "ä\n")]


async def test_a_recording_that_failed_ends_with_its_connection(estate: Estate) -> None:
    connection_id, parts = await live(estate, *TALK)
    write(estate, connection_id, *parts[:-1])  # and never a trailer
    watching = asyncio.create_task(estate.admin.get(f"{RECORDINGS}/{connection_id}/Live"))
    await asyncio.sleep(0.2)
    await estate.database.write(lambda tx: tx.run(sa.update(connection).values(closed_at=tx.now)))
    answer = await asyncio.wait_for(watching, 10)
    assert len(answer.text.splitlines()) == 4


async def test_nobody_else_watches_and_nothing_but_what_goes_on_here(estate: Estate) -> None:
    connection_id, _parts = await live(estate, *TALK)
    path = f"{RECORDINGS}/{connection_id}/Live"
    auditor = await estate.holder("ann", ["recordings:ended:view"])
    for who in (estate.ada, auditor, estate.callers.application("robot")):
        problem(await who.get(path), 403)
    problem(await estate.admin.get(f"{RECORDINGS}/{uuid4()}/Live"), 404)
    assert "damaged" in problem(await estate.admin.get(path), 409)["detail"]  # nothing is written yet
    await estate.database.write(lambda tx: tx.run(sa.update(connection).values(node="other")))
    assert "damaged" in problem(await estate.admin.get(path), 409)["detail"]  # its place may be that of this node
    estate.callers.api.recordings.delete(UUID(connection_id))
    assert "the node other" in problem(await estate.admin.get(path), 409)["detail"]
    await estate.database.write(lambda tx: tx.run(sa.update(connection).values(closed_at=tx.now)))
    problem(await estate.admin.get(path), 404)
    assert estate.audited("recording.watched", connection_id) == 0
