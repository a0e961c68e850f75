"""Recordings go when their time is over, with their text, and never before; the file too, whatever died in between."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.identities.signin import SignedIn
from locum.kit.db import Tx
from locum.recordings.lines import Stream, TextLine
from locum.sessions import retention
from locum.sessions.connections import authorize_connection
from locum.sessions.model import connection
from locum.sessions.recorded_text import add_lines
from locum.sessions.recorded_text_model import recorded_line, recorded_text
from locum.sessions.retention import leftovers, let_go
from stage import Stage

pytestmark = pytest.mark.anyio

DAYS_30 = dt.timedelta(days=30)


async def connected(stage: Stage, *, days_ago: int | None, node: str = "n") -> UUID:
    """A recorded connection that closed so long ago (None: it lives), with one line of text."""
    session_id = await stage.ask()
    await stage.turn()
    grant = await stage.database.write(
        authorize_connection,
        stage.world.vault,
        session_id=session_id,
        who=SignedIn(stage.world.person, "alice"),
        address="192.0.2.7",
        node=node,
    )

    def age(tx: Tx) -> None:
        closed = None if days_ago is None else tx.now - dt.timedelta(days=days_ago)
        tx.run(sa.update(connection).where(connection.c.id == grant.connection_id).values(closed_at=closed))
        add_lines(tx, grant.connection_id, [TextLine(1, Stream.OUTPUT, "secret things")])

    await stage.database.write(age)
    return grant.connection_id


async def test_only_what_is_old_closed_and_of_this_node_goes(stage: Stage) -> None:
    old = await connected(stage, days_ago=31)
    young = await connected(stage, days_ago=29)
    live = await connected(stage, days_ago=None)
    elsewhere = await connected(stage, days_ago=31, node="other")
    assert await stage.database.write(let_go, "n", DAYS_30) == [old]
    assert await stage.database.write(let_go, "n", DAYS_30) == []
    for table in (recorded_line, recorded_text):
        left = await stage.database.read(lambda tx, t=table: set(tx.scalars(sa.select(t.c.connection_id))))
        assert left == {young, live, elsewhere}
    c = audit_event.c
    told = sa.select(c.object_id).where(c.action == "recording.deleted")
    assert await stage.database.read(lambda tx: tx.scalars(told)) == [old]


async def test_a_crash_before_the_file_went_is_seen_at_the_start(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHECKED_AT_ONCE", 2)
    old = [await connected(stage, days_ago=31) for _ in range(3)]
    young = await connected(stage, days_ago=1)
    gone = await stage.database.write(let_go, "n", DAYS_30)
    assert set(gone) == set(old)
    there = [uuid4(), *old, young]
    assert set(await stage.database.read(leftovers, there)) == set(old)


async def test_many_go_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    old = {await connected(stage, days_ago=31 + more) for more in range(3)}
    first = await stage.database.write(let_go, "n", DAYS_30)
    second = await stage.database.write(let_go, "n", DAYS_30)
    assert (len(first), len(second)) == (2, 1)
    assert {*first, *second} == old
