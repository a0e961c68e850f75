"""So many connections at once, of one person and in all, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.identities.signin import SignedIn
from locum.kit.db import Database, Tx
from locum.kit.errors import Forbidden
from locum.kit.ids import new_id
from locum.kit.wake import Wake
from locum.sessions.connection_limits import Limits, hold_room
from locum.sessions.connections import Connections, Wanted
from locum.sessions.model import access_session, connection
from locum.sessions.request import Request, request_session
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


async def opened(database: Database, world: World) -> UUID:
    request = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, request, node="n")
    await one_more(database, Limits(), world.person, session_id)
    return session_id


async def one_more(database: Database, limits: Limits, person: UUID, session_id: UUID) -> None:
    def add(tx: Tx) -> None:
        hold_room(tx, limits, person)
        tx.add(connection, id=new_id(), session_id=session_id, identity_id=person, node="n",
               address="192.0.2.7", recorded=False, opened_at=tx.now)  # fmt: skip

    await database.write(add)


async def refusal(database: Database, limits: Limits, person: UUID, session_id: UUID) -> str:
    with pytest.raises(Forbidden) as refused:
        await one_more(database, limits, person, session_id)
    return refused.value.detail


async def test_a_further_one_is_refused_until_one_is_closed(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await opened(database, world)
    one_each, two = Limits(per_person=1), Limits(in_all=2)
    assert "you have 1 connection open" in await refusal(database, one_each, world.person, session_id)
    await one_more(database, one_each, world.stranger, session_id)
    assert "2 connections are open" in await refusal(database, two, world.stranger, session_id)
    mine = sa.update(connection).where(connection.c.identity_id == world.person)
    await database.write(lambda tx: tx.run(mine.values(closed_at=tx.now)))
    await one_more(database, two, world.person, session_id)


async def test_no_race_gets_one_more_in(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await opened(database, world)
    tries = (one_more(database, Limits(per_person=3), world.person, session_id) for _ in range(12))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(one) for one in results if one is not None] == [Forbidden] * 10
    count = sa.select(sa.func.count()).select_from(connection)
    assert await database.read(lambda tx: tx.scalar(count)) == 3


async def test_a_direct_connect_without_room_starts_no_session(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await opened(database, world)
    gate = Connections(database, world.vault, Wake(), node="n", limits=Limits(per_person=1))
    with pytest.raises(Forbidden, match="you have 1 connection open, and 1 is the most"):
        await gate.open(
            SignedIn(world.person, "alice"), Wanted("alice", "Linux_sudo", "web01"), address="192.0.2.7",
            close=print, change=print, progress=print,
        )  # fmt: skip
    count = sa.select(sa.func.count()).select_from(access_session)
    assert await database.read(lambda tx: tx.scalar(count)) == 1
