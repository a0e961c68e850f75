"""What is written down of a connection, on both databases."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.audit.model import audit_event
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.ids import new_id
from locum.kit.wake import Wake
from locum.sessions import transition
from locum.sessions.connection_events import write_end, write_events
from locum.sessions.connections import Connections, Grant
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session, connection
from locum.sessions.request import Request, request_session
from locum.vault.secret import Secret
from world import ACTOR, make_world, new_vault

pytestmark = pytest.mark.anyio


async def opened(database: Database, folder: Path, *, direct: bool) -> tuple[Actor, UUID, UUID]:
    """An active session with one connection: who, the session and the connection."""
    world = await make_world(database, folder)
    request = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, request, node="n")
    connection_id = new_id()

    def open_it(tx: Tx) -> None:
        tx.run(
            sa.update(access_session)
            .where(access_session.c.id == session_id)
            .values(status=Status.ACTIVE, ends_with_connection=direct, actual_start=tx.now)
        )
        tx.add(connection, id=connection_id, session_id=session_id, identity_id=world.person, node="n",
               address="192.0.2.7", recorded=True, opened_at=tx.now)  # fmt: skip

    await database.write(open_it)
    return Actor(world.person, "alice"), session_id, connection_id


def said(tx: ReadTx, session_id: UUID) -> list[tuple[str, str]]:
    c = audit_event.c
    mine = c.object_id == session_id, c.action.startswith("connection.")
    actions = tx.scalars(sa.select(c.action).where(*mine).order_by(c.id))
    return list(zip(actions, tx.scalars(sa.select(c.detail).where(*mine).order_by(c.id)), strict=True))


@pytest.mark.parametrize("direct", [True, False])
async def test_an_end_is_written_once_and_ends_what_hangs_on_it(
    database: Database, tmp_path: Path, direct: bool
) -> None:
    actor, session_id, connection_id = await opened(database, tmp_path, direct=direct)
    for _ in range(2):
        await database.write(write_end, actor, session_id, connection_id, "left", "ab")
    ((action, detail),) = await database.read(said, session_id)
    assert action == "connection.closed"
    assert json.loads(detail) == {"connection": str(connection_id), "reason": "left", "recording": "ab"}
    status = (await database.read(transition.get, session_id)).status
    assert status == (Status.CANCELLING if direct else Status.ACTIVE)


async def test_each_event_is_a_row(database: Database, tmp_path: Path) -> None:
    actor, session_id, connection_id = await opened(database, tmp_path, direct=False)
    events = [("connection.file", {"kind": "removed", "file": f"/{number}"}) for number in range(3)]
    await database.write(write_events, actor, session_id, connection_id, events)
    found = await database.read(said, session_id)
    assert [json.loads(detail)["file"] for _, detail in found] == ["/0", "/1", "/2"]


async def test_what_the_gateway_says_is_done_and_written(database: Database, tmp_path: Path) -> None:
    actor, session_id, connection_id = await opened(database, tmp_path, direct=False)
    gate = Connections(database, new_vault(tmp_path), Wake(), node="n")
    now = dt.datetime.now(dt.UTC)
    grant = Grant(
        connection_id=connection_id, session_id=session_id, identity_id=actor.id or session_id,
        identity_name="alice", resource_id=session_id, resource_name="web01", activity_name="x", host="h", port=22,
        login_name="l", private_key=Secret(b"k"), certificate=None, trusted_host_key=None, deadline=now, record=True,
    )  # fmt: skip
    rules = {"allow_session_extension": False, "session_extension_minutes": 10, "session_extension_count": 1}
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values(**rules)))
    with pytest.raises(Forbidden, match="does not let sessions be extended"):
        await gate.extend(grant, address="192.0.2.7")
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values(allow_session_extension=True)))
    soon = now + dt.timedelta(minutes=3)
    await database.write(lambda tx: tx.run(sa.update(access_session).values(scheduled_end=soon)))
    await gate.extend(grant, address="192.0.2.7")
    assert (await database.read(transition.get, session_id)).scheduled_end == soon + dt.timedelta(minutes=10)
    await gate.happened(grant, [("connection.forward", {"destination": "db01:1", "sent": 2})], address="192.0.2.7")
    ((action, detail),) = await database.read(said, session_id)
    assert action == "connection.forward"
    assert json.loads(detail) == {"connection": str(connection_id), "destination": "db01:1", "sent": 2}
