"""Locks: sessions, resources and owners, all or nothing, and gone again with unlocking."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from hosts import settled, state_of
from locum.audit.model import audit_event
from locum.identities.model import identity
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
from locum.kit.ids import new_id
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.lock import Lock, set_lock
from locum.sessions.request import Request, request_session
from stage import Stage
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def ask(database: Database, world: World, **changes: UUID) -> UUID:
    wanted = {"activity_id": world.sudo, "resource_id": world.resource, **changes}
    return await database.write(request_session, ACTOR, Request(identity_id=world.person, **wanted), node="n")


def end(tx: Tx, session_id: UUID) -> None:
    session = transition.get(tx, session_id)
    transition.begin_end(tx, ACTOR, session, outcome=Status.COMPLETE, reason="x")


async def test_a_session_is_locked_with_words_and_unlocked(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    await database.write(set_lock, ACTOR, Lock((session_id,), True, "Stop", "call us"))
    found = await database.read(transition.get, session_id)
    assert (found.locked, found.lock_title, found.lock_message) == (True, "Stop", "call us")
    await ask(database, world)  # the resource is not
    await database.write(set_lock, ACTOR, Lock((session_id,), False))
    found = await database.read(transition.get, session_id)
    assert (found.locked, found.lock_title, found.lock_message) == (False, None, None)


async def test_a_locked_resource_takes_no_new_session(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    for _ in range(2):
        await database.write(set_lock, ACTOR, Lock((session_id,), True, resources=True))
    with pytest.raises(Forbidden) as refusal:
        await ask(database, world)
    assert refusal.value.missing == "resource not locked"
    await database.write(set_lock, ACTOR, Lock((session_id,), False, resources=True))
    await ask(database, world)


async def test_a_locked_activity_is_started_by_nobody_there(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    for message in ("first", "call us"):
        await database.write(set_lock, ACTOR, Lock((session_id,), True, "Stop", message, activities=True))
    with pytest.raises(Forbidden, match="this activity is locked here by an administrator: call us") as refusal:
        await ask(database, world)
    assert refusal.value.missing == "activity not locked"
    await ask(database, world, activity_id=world.shell)
    await database.write(set_lock, ACTOR, Lock((session_id,), False, activities=True))
    await ask(database, world)
    words = sa.select(audit_event.c.action).where(audit_event.c.object_id == world.sudo).order_by(audit_event.c.id)
    assert await database.read(lambda tx: tx.scalars(words)) == ["activity.locked", "activity.unlocked"]


async def test_what_outlives_a_session_is_unlocked_when_that_is_over(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    everything = {"activities": True, "resources": True, "owners": True}
    await database.write(set_lock, ACTOR, Lock((session_id,), True, **everything))
    await database.write(end, session_id)
    for more in (True, False):
        with pytest.raises(Conflict, match="can't be locked or unlocked"):
            await database.write(set_lock, ACTOR, Lock((session_id,), more, resources=more))
    await database.write(set_lock, ACTOR, Lock((session_id,), False, **everything))
    await ask(database, world)


async def test_what_waits_for_its_start_does_nothing_on_a_host_where_it_is_locked(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    lock = Lock((session_id,), True, message="call us", activities=True)
    await stage.database.write(set_lock, ACTOR, lock)
    await stage.turn()
    refused = await stage.session(session_id)
    assert refused.status == Status.FAILED
    assert "this activity is locked here by an administrator: call us" in (refused.status_description or "")
    assert state_of(stage.host) == before
    await stage.database.write(set_lock, ACTOR, Lock((session_id,), False, activities=True))
    again = await stage.ask()
    await stage.turn()
    assert (await stage.session(again)).status == Status.ACTIVE
    await stage.end(again)
    await stage.turn()
    assert settled(stage.host, before)


async def test_its_owner_is_locked_where_asked(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    locked = sa.select(identity.c.locked).where(identity.c.id == world.person)
    await database.write(set_lock, ACTOR, Lock((session_id,), True, owners=True))
    assert await database.read(lambda tx: tx.scalar(locked)) is True
    await database.write(set_lock, ACTOR, Lock((session_id,), False, owners=True))
    assert await database.read(lambda tx: tx.scalar(locked)) is False


async def test_all_or_nothing(database: Database, world: World) -> None:
    session_id, ended = await ask(database, world), await ask(database, world)
    await database.write(end, ended)
    for ids, error in (((session_id, new_id()), NotFound), ((session_id, ended), Conflict), ((), Invalid)):
        with pytest.raises(error):
            await database.write(set_lock, ACTOR, Lock(ids, True))
    assert (await database.read(transition.get, session_id)).locked is False
