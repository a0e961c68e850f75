"""Locks of resources and activities: who meets them, and that doing it again changes the words alone."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from leasing import make_leasing
from locum.audit.model import audit_event
from locum.credentials.model import managed_user
from locum.kit.db import Database, Tx
from locum.policies.decide import Locked
from locum.policies.locks import (
    Place,
    home_of,
    lock_activity,
    lock_resource,
    person_and_lock,
    unlock_activity,
    unlock_resource,
)
from statements import selects
from world import ACTOR, lock, make_world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("what", ["resource", "activity"])
async def test_of_two_at_once_the_later_word_counts(database: Database, tmp_path: Path, what: str) -> None:
    """The first has not committed when the second comes, which then waits: on SQLite for its turn to write at all."""
    world = await make_world(database, tmp_path)
    there = Place(world.resource)
    begun = threading.Event()
    waits = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    def lock_it(tx: Tx, message: str) -> None:
        if what == "resource":
            lock_resource(tx, ACTOR, world.resource, message)
        else:
            lock_activity(tx, ACTOR, world.sudo, there, message)

    def first(tx: Tx) -> None:
        lock_it(tx, "first")
        begun.set()
        deadline = time.monotonic() + 10
        while not database.is_sqlite and not tx.scalar(waits):
            assert time.monotonic() < deadline, "the second never waited"

    async def second() -> None:
        await asyncio.to_thread(begun.wait, 10)
        await database.write(lock_it, "second")

    await asyncio.gather(database.write(first), second())
    found = await database.read(person_and_lock, world.person, world.sudo, there)
    assert found == (False, Locked(what, "second"))
    rows = sa.select(sa.func.count()).where(audit_event.c.action == f"{what}.locked")
    assert await database.read(lambda tx: tx.scalar(rows)) == 1


async def test_who_meets_which_lock(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    kept = make_leasing(database, world).credential_id
    there, credential = Place(world.resource), Place(credential_id=kept)

    async def met(activity: UUID, place: Place) -> Locked | None:
        with selects(database) as seen:
            person, found = await database.read(person_and_lock, world.person, activity, place)
        assert (person, len(seen)) == (False, 1)
        return found

    assert await met(world.sudo, there) is None
    for message in ("first", "second"):
        await database.write(lock_activity, ACTOR, world.sudo, there, message)
    assert await met(world.sudo, there) == Locked("activity", "second")
    assert await met(world.shell, there) is None
    assert await met(world.sudo, Place(uuid4())) is None
    assert await met(world.sudo, credential) is None
    for message in ("third", None):
        await database.write(lock_resource, ACTOR, world.resource, message)
    assert await met(world.sudo, there) == await met(world.shell, there) == Locked("resource")
    assert await met(world.sudo, credential) == Locked("resource")
    assert await database.read(home_of, kept) == world.resource
    await database.write(lambda tx: tx.run(sa.delete(managed_user)))
    assert await met(world.sudo, credential) is None
    assert await database.read(home_of, kept) is None
    await database.write(lock_activity, ACTOR, world.sudo, credential, None)
    assert await met(world.sudo, credential) == Locked("activity")
    for _ in range(2):
        await database.write(unlock_resource, ACTOR, world.resource)
        await database.write(unlock_activity, ACTOR, world.sudo, there)
        await database.write(unlock_activity, ACTOR, world.sudo, credential)
    assert await met(world.sudo, there) is await met(world.sudo, credential) is None
    locks = sa.select(audit_event.c.action).where(audit_event.c.action.like("%locked")).order_by(audit_event.c.id)
    assert await database.read(lambda tx: tx.scalars(locks)) == [
        "activity.locked",
        "resource.locked",
        "activity.locked",
        "resource.unlocked",
        "activity.unlocked",
        "activity.unlocked",
    ]


async def test_a_locked_person_and_one_that_there_is_not(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lock, world.person)
    place = Place(world.resource)
    assert await database.read(person_and_lock, world.person, world.sudo, place) == (True, None)
    assert await database.read(person_and_lock, uuid4(), world.sudo, place) == (True, None)
