"""More time in the database: the owner's as the profile says, an administrator's always, and never for what is over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.audit.model import audit_event
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid
from locum.sessions import transition
from locum.sessions.extend import extend_session, offered
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


async def running(database: Database, world: World, *, minutes_left: int = 3) -> UUID:
    """A session that runs, under a profile that gives ten minutes twice."""
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)

    def make(tx: Tx) -> UUID:
        rules = {"allow_session_extension": True, "session_extension_minutes": 10, "session_extension_count": 2}
        tx.run(sa.update(connection_profile).values(**rules))
        made = request_session(tx, ACTOR, asked, node="n")
        transition.move(tx, transition.get(tx, made), Status.ACTIVE, actual_start=tx.now)
        end = tx.now + dt.timedelta(minutes=minutes_left)
        tx.run(sa.update(access_session).where(access_session.c.id == made).values(scheduled_end=end))
        return made

    return await database.write(make)


async def test_the_owner_gets_more_as_often_as_the_profile_says(database: Database, tmp_path: Path) -> None:
    session_id = await running(database, await make_world(database, tmp_path))
    before = await database.read(transition.get, session_id)
    after = await database.write(extend_session, ACTOR, session_id, 1, as_administrator=False)
    assert (after.scheduled_end - before.scheduled_end, after.extensions) == (dt.timedelta(minutes=1), 1)
    with pytest.raises(Invalid):
        await database.write(extend_session, ACTOR, session_id, 11, as_administrator=False)
    again = await database.write(extend_session, ACTOR, session_id, 0, as_administrator=False)
    assert (again.scheduled_end - after.scheduled_end, again.extensions) == (dt.timedelta(minutes=10), 2)
    with pytest.raises(Forbidden) as refusal:
        await database.write(extend_session, ACTOR, session_id, 1, as_administrator=False)
    assert refusal.value.missing == "extension left"
    by_admin = await database.write(extend_session, ACTOR, session_id, 90, as_administrator=True)
    assert (by_admin.scheduled_end - again.scheduled_end, by_admin.extensions) == (dt.timedelta(minutes=90), 2)
    extended = sa.select(sa.func.count()).where(audit_event.c.action == "session.extended")
    assert await database.read(lambda tx: tx.scalar(extended)) == 3


async def test_what_the_gateway_offers_is_what_the_profile_gives(database: Database, tmp_path: Path) -> None:
    session_id = await running(database, await make_world(database, tmp_path))

    async def now() -> int | None:
        return await database.read(lambda tx: offered(tx, transition.get(tx, session_id)))

    assert await now() == 10
    for _ in range(2):
        await database.write(extend_session, ACTOR, session_id, 1, as_administrator=False)
    assert await now() is None
    changes = {"session_extension_count": 9, "allow_session_extension": False}
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values(**changes)))
    assert await now() is None


async def test_it_is_offered_in_the_last_minutes(database: Database, tmp_path: Path) -> None:
    session_id = await running(database, await make_world(database, tmp_path), minutes_left=6)
    with pytest.raises(Forbidden, match="last 5 minutes"):
        await database.write(extend_session, ACTOR, session_id, 1, as_administrator=False)


async def test_what_does_not_run_gets_no_more(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    pending = await database.write(request_session, ACTOR, asked, node="n")
    with pytest.raises(Conflict):
        await database.write(extend_session, ACTOR, pending, 5, as_administrator=True)
