"""What both logs have of somebody who assists."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.sessions.assist import Assist, note_assist
from locum.sessions.model import connection, session_log
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio
HELPER = Actor(None, "bob", "192.0.2.8")


async def test_each_step_stands_in_the_sessions_log_and_in_the_audit_log(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    connection_id = new_id()

    def connect(tx: Tx) -> None:
        tx.add(
            connection,
            id=connection_id,
            session_id=session_id,
            identity_id=world.person,
            node="n",
            address="192.0.2.7",
            recorded=True,
            opened_at=tx.now,
        )

    await database.write(connect)
    for step in Assist:
        await database.write(note_assist, HELPER, connection_id, step)

    def written(tx: Tx) -> tuple[list[str], list[str]]:
        lines = sa.select(session_log.c.text).where(session_log.c.session_id == session_id)
        rows = sa.select(audit_event.c.action).where(
            audit_event.c.actor_name == "bob", audit_event.c.object_id == session_id
        )
        return [str(one) for one in tx.scalars(lines)], [str(one) for one in tx.scalars(rows)]

    said, audited = await database.write(written)
    assert sorted(audited) == sorted(Assist)
    assert sum(line.startswith("bob ") for line in said) == len(Assist)
