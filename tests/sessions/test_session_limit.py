"""So many access sessions of one person at once, at every way in, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.identities.signin import SignedIn
from locum.kit.db import Database
from locum.kit.errors import Forbidden
from locum.kit.wake import Wake
from locum.sessions import transition
from locum.sessions.connection_limits import Limits
from locum.sessions.connections import Connections, Wanted
from locum.sessions.extend import extend_session
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio
HOUR = dt.timedelta(hours=1)


async def ask(
    database: Database,
    world: World,
    most: int | None,
    start: dt.timedelta | None = None,
    length: dt.timedelta = HOUR,
) -> UUID:
    now = await database.read(lambda tx: tx.now)
    begin = None if start is None else now + start
    request = Request(
        identity_id=world.person,
        activity_id=world.sudo,
        resource_id=world.resource,
        start=begin,
        end=(begin or now) + length,
    )
    return await database.write(request_session, ACTOR, request, node="n", most=most)


async def count(database: Database) -> int:
    return await database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(access_session))) or 0


async def test_a_further_one_is_refused_until_one_is_over(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    first = await ask(database, world, 2)
    await ask(database, world, 2)
    with pytest.raises(Forbidden) as refused:
        await ask(database, world, 2)
    assert refused.value.detail.startswith("2 sessions of this person run or wait in that time, and 2 is the most")
    assert refused.value.missing == "room for a session"
    assert await count(database) == 2
    await ask(database, world, None)

    session = await database.read(transition.get, first)
    await database.write(transition.begin_end, ACTOR, session, outcome=Status.CANCELLED, reason="enough")
    await ask(database, world, 3)


async def test_only_what_falls_into_the_same_time_counts(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await ask(database, world, 1, start=24 * HOUR)
    await ask(database, world, 1)
    await ask(database, world, 1, start=25 * HOUR)
    for start in (dt.timedelta(minutes=30), 23.5 * HOUR, 24.5 * HOUR):
        with pytest.raises(Forbidden, match="of this person run or wait in that time"):
            await ask(database, world, 1, start=start)


async def test_no_race_gets_one_more_in(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    results = await asyncio.gather(*(ask(database, world, 3) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, Forbidden) for one in results) == 7
    assert await count(database) == 3


async def test_more_time_for_one_counts_too(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    more = {"allow_session_extension": True, "session_extension_minutes": 30, "session_extension_count": 9}
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values(**more)))
    running = await ask(database, world, 1, length=dt.timedelta(minutes=4))
    await ask(database, world, 1, start=dt.timedelta(minutes=20))
    session = await database.read(transition.get, running)
    await database.write(lambda tx: transition.move(tx, session, Status.ACTIVE, actual_start=tx.now))
    with pytest.raises(Forbidden, match="1 session of this person"):
        await database.write(extend_session, ACTOR, running, 0, as_administrator=False, most=1)
    await database.write(extend_session, ACTOR, running, 0, as_administrator=False, most=2)
    await database.write(extend_session, ACTOR, running, 5, as_administrator=True, most=1)


async def test_a_direct_connect_is_refused_at_the_gateway(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await ask(database, world, None)
    gate = Connections(database, world.vault, Wake(), node="n", limits=Limits(sessions=1))
    with pytest.raises(Forbidden, match="1 session of this person run"):
        await gate.open(
            SignedIn(world.person, "alice"), Wanted("alice", "Linux_sudo", "web01"), address="192.0.2.7",
            close=print, change=print, progress=print,
        )  # fmt: skip
    assert await count(database) == 1
