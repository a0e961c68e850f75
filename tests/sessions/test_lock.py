"""Locks: sessions, resources and owners, all or nothing, and gone again with unlocking."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.identities.model import identity
from locum.kit.db import Database
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
from locum.kit.ids import new_id
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.lock import Lock, set_lock
from locum.sessions.request import Request, request_session
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def ask(database: Database, world: World) -> UUID:
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    return await database.write(request_session, ACTOR, asked, node="n")


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


async def test_its_owner_is_locked_where_asked(database: Database, world: World) -> None:
    session_id = await ask(database, world)
    locked = sa.select(identity.c.locked).where(identity.c.id == world.person)
    await database.write(set_lock, ACTOR, Lock((session_id,), True, owners=True))
    assert await database.read(lambda tx: tx.scalar(locked)) is True
    await database.write(set_lock, ACTOR, Lock((session_id,), False, owners=True))
    assert await database.read(lambda tx: tx.scalar(locked)) is False


async def test_all_or_nothing(database: Database, world: World) -> None:
    session_id, ended = await ask(database, world), await ask(database, world)

    def end(tx: object) -> None:
        transition.begin_end(
            tx,
            ACTOR,
            transition.get(tx, ended),
            outcome=Status.COMPLETE,
            reason="x",  # type: ignore[arg-type]
        )

    await database.write(end)
    for ids, error in (((session_id, new_id()), NotFound), ((session_id, ended), Conflict), ((), Invalid)):
        with pytest.raises(error):
            await database.write(set_lock, ACTOR, Lock(ids, True))
    assert (await database.read(transition.get, session_id)).locked is False
