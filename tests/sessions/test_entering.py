"""What must hold of a session before a connection enters it. How a connection meets it: test_connections.py."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from locum.identities.model import identity
from locum.identities.signin import SignedIn
from locum.kit.db import Database
from locum.kit.errors import Forbidden, NotFound
from locum.sessions import transition
from locum.sessions.entering import checked_owner
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_it_is_theirs_runs_and_is_not_locked(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")

    async def refused(who: SignedIn) -> str:
        with pytest.raises((Forbidden, NotFound)) as refusal:
            await database.read(lambda tx: checked_owner(tx, transition.get(tx, session_id), who))
        return refusal.value.detail

    async def change(table: sa.Table, **values: Any) -> None:
        await database.write(lambda tx: tx.run(sa.update(table).values(**values)))

    alice = SignedIn(world.person, "alice")
    assert await refused(alice) == "the session is pending"
    await change(access_session, status=Status.ACTIVE, actual_start=dt.datetime.now(dt.UTC))
    assert await refused(SignedIn(world.stranger, "mallory")) == "no such session"
    person = await database.read(lambda tx: checked_owner(tx, transition.get(tx, session_id), alice))
    assert (person.id, person.name) == (world.person, "Alice")
    await change(access_session, locked=True, lock_message="stop")
    assert await refused(alice) == "your session is locked: stop"
    await change(access_session, locked=False)
    await change(identity, locked=True)
    assert await refused(alice) == "your account is locked"
    await change(identity, locked=False)
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    await change(access_session, scheduled_start=past - dt.timedelta(hours=1), scheduled_end=past)
    assert await refused(alice) == "the session's time is over"
