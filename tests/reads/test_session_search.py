"""Which sessions a page shows: few and many are found in different ways, and have to come out the same."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.kit.db import Database, Tx
from locum.kit.paging import Page
from locum.reads import session_search
from locum.reads.session_search import HISTORICAL, Filter, find
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session, search_key
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
WAYS = (
    Page(),
    Page(skip=3, take=4),
    Page(skip=99),
    Page(take=0),
    Page(order_by="createdDateTimeUtc"),
    Page(order_by="note", descending=True),
    Page(order_by="managedResourceName"),
    Page(order_by="UserDisplayName", descending=True),
    Page(filter_text="ALI"),
    Page(filter_text="sudo"),
    Page(filter_text="chg_7", order_by="actualEndDateTimeUtc"),
    Page(filter_text="round 3"),
    Page(filter_text="no such thing"),
)


async def past(database: Database, world: World) -> list[UUID]:
    """Twelve sessions of two outcomes, half a minute apart, oldest first: some with a note, some with a ticket."""
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    first = await database.write(request_session, ACTOR, asked, node="n")
    made = [first, *await copy(database, access_session, first, 11)]

    def change(tx: Tx) -> None:
        for n, one in enumerate(made):
            at = NOON + dt.timedelta(seconds=30 * n)
            note, ticket = f"Round {n}" if n % 3 == 0 else None, f"CHG_{n}" if n % 2 else None
            status = Status.FAILED if n % 4 == 0 else Status.COMPLETE
            tx.run(
                sa.update(access_session)
                .where(access_session.c.id == one)
                .values(
                    created_at=at, actual_end=at, status=status, note=note, ticket=ticket,
                    search_key=search_key(note, ticket),
                )
            )  # fmt: skip

    await database.write(change)
    await database.write(request_session, ACTOR, asked, node="n")  # one that lives
    return made


async def test_few_and_many_come_out_the_same(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(database, tmp_path)
    made = await past(database, world)
    all_kinds = (
        Filter(HISTORICAL),
        Filter(frozenset({Status.COMPLETE})),
        Filter(HISTORICAL, owner=world.person),
        Filter(HISTORICAL, since=NOON + dt.timedelta(minutes=2)),
    )
    few = [await database.read(find, which, page) for which in all_kinds for page in WAYS]
    monkeypatch.setattr(session_search, "MANY", 2)
    monkeypatch.setattr(session_search, "NAMED", 0)
    assert [await database.read(find, which, page) for which in all_kinds for page in WAYS] == few
    newest = made[::-1]
    by_page = dict(zip(WAYS, few, strict=False))
    assert by_page[Page()] == (newest, 12)
    assert by_page[Page(skip=3, take=4)] == (newest[3:7], 12)
    assert by_page[Page(skip=99)] == by_page[Page(take=0)] == ([], 12)
    assert by_page[Page(order_by="createdDateTimeUtc")] == (made, 12)
    assert by_page[Page(filter_text="ALI")][1] == by_page[Page(filter_text="sudo")][1] == 12
    assert by_page[Page(filter_text="chg_7", order_by="actualEndDateTimeUtc")] == ([made[7]], 1)
    assert by_page[Page(filter_text="round 3")] == ([made[3]], 1)


async def test_a_session_that_holds_a_text_twice_is_one(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(
        identity_id=world.person,
        activity_id=world.sudo,
        resource_id=world.resource,
        note="Alice on web01",
        ticket="web",
    )
    one = await database.write(request_session, ACTOR, asked, node="n")
    live = Filter(frozenset({Status.PENDING}))
    for text in ("alice", "web01", "WEB", "on web01", "e"):
        assert await database.read(find, live, Page(filter_text=text)) == ([one], 1), text


async def test_the_number_of_statements_is_bounded(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(database, tmp_path)
    await past(database, world)
    for many in (10_000, 2):
        monkeypatch.setattr(session_search, "MANY", many)
        for page in WAYS:
            with selects(database) as seen:
                await database.read(find, Filter(HISTORICAL), page)
            assert len(seen) <= (4 if page.filter_text else 3), page


def test_a_key_fits_into_an_index_of_either_database() -> None:
    assert search_key(None, None) == search_key("", "") == ""
    assert search_key("Patching", "CHG_1") == "chg 1\x1fpatching"
    longest = search_key("\N{GRINNING FACE}" * 1000, "t" * 256)
    assert longest.startswith("t" * 256 + "\x1f")
    assert len(longest.encode()) < 2500
