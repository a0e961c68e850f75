"""Lists of sessions, their connections and their logs: what they hold, and the number of statements they take."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.reads import sessions as reads
from locum.reads.log_lines import LinesAsked
from locum.sessions.lifecycle import Status
from locum.sessions.model import LogLevel, access_session, connection, search_key
from locum.sessions.request import Request, request_session
from locum.sessions.transition import say
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

PENDING = reads.Filter(frozenset({Status.PENDING}))


async def ask(database: Database, world: World, **values: object) -> UUID:
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    made = await database.write(request_session, ACTOR, asked, node="n")
    if values:
        change = sa.update(access_session).where(access_session.c.id == made).values(**values)
        await database.write(lambda tx: tx.run(change))
    return made


def connect(tx: Tx, world: World, session_id: UUID, closed: bool) -> UUID:
    made = new_id()
    tx.add(
        connection,
        id=made,
        session_id=session_id,
        identity_id=world.person,
        node="n",
        address="192.0.2.7",
        recorded=True,
        opened_at=tx.now,
        closed_at=tx.now if closed else None,
    )
    return made


async def test_a_row_names_all_and_counts_what_is_open(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await ask(database, world)
    for closed in (True, False, False):
        await database.write(connect, world, made, closed)
    listed = await database.read(reads.sessions, PENDING, Page())
    (row,) = listed.rows
    assert (row.identity_name, row.activity_name, row.resource_name) == ("Alice", "Linux sudo", "web01")
    assert (row.policy_name, row.platform_name, row.open_connections) == ("admins", "Linux", 2)
    assert await database.read(reads.names, made) == reads.Names("Alice", "Linux sudo", "web01")


async def test_which_sessions(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    noon = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
    early = await ask(database, world, created_at=noon, note="Patching", search_key=search_key("Patching", None))
    late = await ask(database, world, created_at=noon + dt.timedelta(hours=1))
    ended = await ask(database, world, status=Status.COMPLETE, actual_end=noon)

    async def found(which: reads.Filter, page: Page | None = None) -> list[UUID]:
        return [row.id for row in (await database.read(reads.sessions, which, page or Page())).rows]

    pending = frozenset({Status.PENDING})
    assert await found(PENDING) == [late, early]
    assert await found(PENDING, Page(order_by="CreatedDateTimeUtc")) == [early, late]
    assert await found(PENDING, Page(filter_text="PATCH")) == [early]
    assert await found(reads.Filter(reads.HISTORICAL)) == [ended]
    assert await found(reads.Filter(pending, owner=world.stranger)) == []
    assert await found(reads.Filter(pending, owner=world.person)) == [late, early]
    assert await found(reads.Filter(pending, kinds=frozenset({2}))) == []
    assert await found(reads.Filter(pending, since=noon + dt.timedelta(minutes=1))) == [late]
    assert await found(reads.Filter(pending, until=noon)) == [early]
    assert await found(reads.Filter(pending, resource_names=("web02",))) == []
    assert await found(reads.Filter(pending, user_names=("Alice", "Bob"))) == [late, early]
    raw = await database.read(reads.raw_sessions, pending, resource_id=world.resource, limit=1)
    assert [row.id for row in raw] == [late]
    assert await database.read(reads.raw_sessions, pending, resource_id=new_id(), limit=9) == []
    with pytest.raises(Invalid):
        await found(PENDING, Page(order_by="login_name"))


async def test_connections_belong_to_their_session(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    busy, idle = await ask(database, world), await ask(database, world)
    made = [await database.write(connect, world, busy, closed) for closed in (True, False)]
    found = await database.read(reads.connections, [busy, idle])
    assert {key: [row.id for row in rows] for key, rows in found.items()} == {busy: made, idle: []}
    assert await database.read(reads.connections, []) == {}


async def test_the_number_of_statements_does_not_grow(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    first = await ask(database, world)
    counts = []
    for times in (2, 297):
        made = await copy(database, access_session, first, times)
        await database.write(lambda tx, made=made: [connect(tx, world, one, False) for one in made])
        with selects(database) as seen:
            rows = (await database.read(reads.sessions, PENDING, Page(take=1000))).rows
            inside = await database.read(reads.connections, [row.id for row in rows])
            await database.read(reads.raw_sessions, PENDING.statuses, resource_id=None, limit=1000)
        counts.append((len(rows), sum(map(len, inside.values())), len(seen)))
    assert counts == [(3, 2, 4), (300, 299, 4)]


async def test_log_lines_page_by_page(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    assert await database.read(reads.log_size) == reads.LogSize(0, None)
    first, second = await ask(database, world), await ask(database, world)

    def fill(tx: Tx) -> None:
        for number in range(5):
            say(tx, first, f"line {number} 100%", LogLevel.WARN if number % 2 else LogLevel.DEBUG)

    await database.write(fill)

    async def lines(session_id: UUID | None, **how: object) -> tuple[list[str], int]:
        asked = {"skip": 0, "take": 100, "newest_first": False, **how}
        listed = await database.read(reads.log_lines, session_id, LinesAsked(**asked))  # type: ignore[arg-type]
        return [line.text for line in listed.rows], listed.total

    texts, total = await lines(first, skip=1)
    assert (texts, total) == ([f"line {n} 100%" for n in range(5)], 6)
    assert await lines(first, newest_first=True, take=1) == (["line 4 100%"], 6)
    assert (await lines(first, level=LogLevel.WARN))[0] == ["line 1 100%", "line 3 100%"]
    assert await lines(first, text="LINE 2 100%") == (["line 2 100%"], 1)
    assert (await lines(first, text="_00"))[1] == 0
    assert (await lines(second))[1] == 1
    assert (await lines(None, take=0)) == ([], 7)
    now = dt.datetime.now(dt.UTC)
    assert (await lines(None, since=now + dt.timedelta(hours=1)))[1] == 0
    assert (await lines(None, until=now + dt.timedelta(hours=1)))[1] == 7
    size = await database.read(reads.log_size)
    assert size.length == sum(map(len, (await lines(None))[0]))
    assert size.last_write is not None
