"""The watch of a session is of one that is there, and of each one alone."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from locum.kit.db import Database, Tx
from locum.sessions.logon_model import logon_watch
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_a_session_has_one_watch(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.shell, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")

    def add(tx: Tx, session_id: UUID) -> None:
        tx.add(logon_watch, session_id=session_id)

    await database.write(add, session_id)
    for other in (session_id, UUID(int=7)):
        with pytest.raises(IntegrityError):
            await database.write(add, other)
