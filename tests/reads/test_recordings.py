"""Which connections were recorded: newest first, with the names of who and where."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.identities.caller import Caller, Role
from locum.identities.key_bounds import KeyBounds
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.kit.permissions import Permission
from locum.reads.recordings import digest, newest, of_ended_session, of_ended_sessions
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session, connection
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

VIEW = Permission.RECORDINGS_ENDED_VIEW
NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)


def connect(tx: Tx, world: World, session_id: UUID, hour: int, recorded: bool) -> UUID:
    made = new_id()
    tx.add(
        connection,
        id=made,
        session_id=session_id,
        identity_id=world.person,
        node="n",
        address="192.0.2.7",
        recorded=recorded,
        opened_at=NOON + dt.timedelta(hours=hour),
    )
    return made


async def ask(database: Database, world: World) -> UUID:
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    return await database.write(request_session, ACTOR, asked, node="n")


async def test_the_newest_recorded_ones_with_their_names(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await ask(database, world)
    old = await database.write(connect, world, session_id, 1, True)
    new = await database.write(connect, world, session_id, 3, True)
    await database.write(connect, world, session_id, 2, False)
    first, second = await database.read(newest, limit=10)
    assert first == {
        "connection": str(new),
        "session": str(session_id),
        "user": "Alice",
        "activity": "Linux sudo",
        "resource": "web01",
        "opened_at": "2026-03-04T15:00:00Z",
        "closed_at": None,
    }
    assert second["connection"] == str(old)
    assert [row["connection"] for row in await database.read(newest, limit=1)] == [str(new)]
    with selects(database) as seen:
        await database.read(newest, limit=1000)
    few = len(seen)
    await copy(database, connection, old, 300)
    with selects(database) as seen:
        assert len(await database.read(newest, limit=1000)) == 302
    assert len(seen) == few == 1


async def test_the_digest_of_a_closed_recording(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await database.write(connect, world, await ask(database, world), 1, True)
    assert await database.read(digest, made) is None
    await database.write(lambda tx: tx.run(sa.update(connection).values(recording_digest="ab" * 32)))
    assert await database.read(digest, made) == "ab" * 32
    assert await database.read(digest, new_id()) is None


def somebody(permissions: frozenset[Permission] = frozenset()) -> Caller:
    return Caller(new_id(), "ann", "local", frozenset({Role.USER_PLUS}), permissions, None)


async def ended(database: Database, session_id: UUID) -> None:
    def end(tx: Tx) -> None:
        tx.run(
            sa.update(access_session)
            .where(access_session.c.id == session_id)
            .values(status=Status.COMPLETE, actual_start=tx.now, actual_end=tx.now, outcome=Status.COMPLETE)
        )

    await database.write(end)


async def test_recordings_of_ended_sessions_only(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await ask(database, world)
    made = await database.write(connect, world, session_id, 1, True)
    await database.write(connect, world, session_id, 2, False)
    auditor = somebody(frozenset({VIEW}))
    assert (await database.read(of_ended_sessions, auditor, Page())).total == 0
    assert await database.read(of_ended_session, auditor, made) is None
    await ended(database, session_id)
    listed = await database.read(of_ended_sessions, auditor, Page())
    (row,) = listed.rows
    assert (row.id, row.session_id, row.identity_name, row.resource_name) == (made, session_id, "Alice", "web01")
    assert await database.read(of_ended_session, auditor, made) == row
    assert (await database.read(of_ended_sessions, auditor, Page(filter_text="ALI"))).total == 1
    assert (await database.read(of_ended_sessions, auditor, Page(filter_text="mallory"))).total == 0
    assert (await database.read(of_ended_sessions, somebody(), Page())).total == 0


async def test_the_newest_come_first_in_two_statements(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await ask(database, world)
    made = await database.write(connect, world, session_id, 1, True)
    newest_one = await database.write(connect, world, session_id, 3, True)
    await copy(database, connection, made, 50)
    await ended(database, session_id)
    with selects(database) as seen:
        listed = await database.read(of_ended_sessions, somebody(frozenset({VIEW})), Page(take=10))
    assert (len(seen), listed.total, listed.rows[0].id) == (2, 52, newest_one)


async def test_an_api_key_for_other_policies_sees_none(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await ask(database, world)
    made = await database.write(connect, world, session_id, 1, True)
    await ended(database, session_id)
    policy_id = await database.read(lambda tx: tx.scalar(sa.select(access_session.c.policy_id)))
    for policies, count in ((frozenset({policy_id}), 1), (frozenset({new_id()}), 0), (None, 1)):
        key = KeyBounds(new_id(), policies=policies, bounded=True)
        robot = dataclasses.replace(somebody(frozenset({VIEW})), kind="application", key=key)
        assert (await database.read(of_ended_sessions, robot, Page())).total == count
        assert (await database.read(of_ended_session, robot, made) is not None) == bool(count)
