"""Recordings that lay open are closed; one that can't be does not stop the others."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.identities.model import identity
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.main.interrupted import close_recordings
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE
from locum.recordings.store import Store
from locum.sessions.model import connection
from locum.sessions.request import Request, request_session
from recorded import SIGNER, frames
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


def _connections(tx: Tx, world: World, ids: list[UUID]) -> None:
    asked = Request(world.person, activity_id=world.sudo, resource_id=world.resource)
    session = request_session(tx, ACTOR, asked, node="n")
    person = tx.scalar(sa.select(identity.c.id).where(identity.c.id == world.person))
    for one in ids:
        tx.add(connection, id=one, session_id=session, identity_id=person, node="n", address="192.0.2.1",
               recorded=True, opened_at=tx.now)  # fmt: skip


async def test_what_lay_open_is_sealed_and_what_is_lost_is_done_with(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    store, lost, left = Store(tmp_path / "recordings"), new_id(), new_id()
    await database.write(_connections, world, [lost, left])
    key, wrapped = world.vault.new_data_key(purpose=KEY_PURPOSE, subject_id=left)
    with store.create(left) as file:
        seen = [[Event(1.0, "o", b"seen")]]
        file.write(b"".join(frames(seen, recording_id=left, key=key, wrapped=wrapped, reason=None)))
    close_recordings(database, world.vault, store, SIGNER, [lost, left])
    found = await database.read(
        lambda tx: dict(tx._connection.execute(sa.select(connection.c.id, connection.c.recording_digest)).all())
    )
    assert found[lost] is None
    assert found[left] is not None
    closed = await database.read(lambda tx: tx.scalars(sa.select(connection.c.close_reason)))
    assert closed == ["Locum restarted"] * 2
    assert "recording.sealed" in await database.read(lambda tx: tx.scalars(sa.select(audit_event.c.action)))
