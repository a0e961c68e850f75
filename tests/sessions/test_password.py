"""The password of a session's login. What it opens, and who sees it: tests/story/test_database_sessions.py."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.credentials.complexity import BUILT_IN, obeys
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Forbidden, NotFound
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.password import PASSWORD_PURPOSE, new_password, reveal_password
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


def test_each_is_new_and_obeys_the_built_in_rule() -> None:
    made = {new_password().reveal_text() for _ in range(50)}
    assert len(made) == 50
    assert all(obeys(password, BUILT_IN) for password in made)


async def test_it_is_shown_to_its_owner_while_the_session_is_active(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    owner, other = Actor(world.person, "Alice"), Actor(world.stranger, "Mallory")
    asked = Request(identity_id=world.person, activity_id=world.shell, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    password = new_password()

    def make(tx: Tx) -> None:
        secret_id = world.vault.put(tx, password, purpose=PASSWORD_PURPOSE)
        tx.run(sa.update(access_session).values(password_secret_id=secret_id))

    with pytest.raises(Forbidden, match="not active"):
        await database.write(reveal_password, world.vault, owner, session_id)
    await database.write(
        lambda tx: transition.move(tx, transition.get(tx, session_id), Status.ACTIVE, actual_start=tx.now)
    )
    with pytest.raises(NotFound, match="has no password"):
        await database.write(reveal_password, world.vault, owner, session_id)
    await database.write(make)
    assert await database.write(reveal_password, world.vault, owner, session_id) == password
    with pytest.raises(NotFound, match="no such session"):
        await database.write(reveal_password, world.vault, other, session_id)
    shown = sa.select(audit_event.c.actor_id).where(audit_event.c.action == "session.password_shown")
    assert await database.read(lambda tx: tx.scalars(shown)) == [world.person]
