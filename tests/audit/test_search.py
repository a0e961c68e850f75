"""Looking into the audit log: what is found, in two statements, and how far it is sealed and signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

import pytest

from locum.audit.log import record
from locum.audit.sealer import Sealer
from locum.audit.search import last_times, search, state
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Invalid
from locum.kit.paging import Page
from statements import selects

pytestmark = pytest.mark.anyio

HOUR = dt.timedelta(hours=1)


async def test_one_page_newest_first(database: Database, write: Callable[[int], None]) -> None:
    write(30)
    with selects(database) as seen:
        found = await database.read(search, Page(skip=2, take=3))
    assert len(seen) == 2
    assert found.total == 30
    every = (await database.read(search, Page(take=30))).rows
    assert every == sorted(every, key=lambda row: (row.at, row.id), reverse=True)
    assert {row.object_id for row in every} == {UUID(int=100 + number) for number in range(30)}
    assert found.rows == every[2:5]
    (one,) = [row for row in every if row.object_id == UUID(int=127)]
    assert (one.actor_name, one.address, one.action) == ("alice", "192.0.2.7", "resource.added")
    assert (one.outcome, one.detail, one.seq) == ("ok", '{"count":27,"resource":"host-27"}', None)
    with pytest.raises(Invalid):
        await database.read(search, Page(order_by="hash"))


async def test_what_is_looked_for(database: Database, write: Callable[[int], None]) -> None:
    write(3)
    mallory = Actor(None, "mallory", "198.51.100.9")
    await database.write(record, mallory, "signin.refused", outcome="refused", detail={"reason": "no 100% match"})
    (last,) = (await database.read(search, Page(take=1))).rows

    async def total(text: str | None = None, **more: object) -> int:
        return (await database.read(lambda tx: search(tx, Page(filter_text=text), **more))).total  # type: ignore[arg-type]

    for text, count in (("ALICE", 3), ("198.51", 1), ("signin.", 1), ("host-1", 1), ("100%", 1), ("host_1", 0)):
        assert await total(text) == count
    assert await total(troubled=True) == 1
    assert await total(object_id=UUID(int=101)) == 1
    assert await total(since=last.at - HOUR, until=last.at + HOUR) == 4
    assert await total(until=last.at - HOUR) == await total(since=last.at + HOUR) == 0


async def test_how_far_it_is_sealed_and_signed(
    database: Database, write: Callable[[int], None], sealer: Sealer
) -> None:
    before = await database.read(state)
    assert (before.sealed, before.signed, before.signed_at, before.waiting, before.waiting_since) == (
        0,
        0,
        None,
        0,
        None,
    )
    write(5)
    waits = await database.read(state)
    assert (waits.sealed, waits.waiting) == (0, 5)
    assert waits.waiting_since == (await database.read(search, Page(skip=4, take=1))).rows[0].at
    sealer.finish()
    with selects(database) as seen:
        after = await database.read(state)
    assert len(seen) == 1
    assert (after.sealed, after.signed, after.waiting, after.waiting_since) == (5, 5, 0, None)
    assert after.signed_at is not None
    found = await database.read(search, Page())
    assert sorted(row.seq for row in found.rows if row.seq) == [1, 2, 3, 4, 5]


async def test_when_something_was_done_last(database: Database, write: Callable[[int], None]) -> None:
    write(3)
    one, other = UUID(int=100), UUID(int=7)
    await database.write(
        record, Actor(None, "alice", None), "resource.added", object_kind="resource", object_id=one
    )
    newest = (await database.read(lambda tx: search(tx, Page(take=1), object_id=one))).rows[0]
    assert await database.read(last_times, "resource.added", [one, other]) == {one: newest.at}
    assert await database.read(last_times, "resource.removed", [one]) == {}
    assert await database.read(last_times, "resource.added", []) == {}
