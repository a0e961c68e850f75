"""Text on recorded connections is found by any part of a line, by whoever may view it, fast."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.identities.caller import Caller, Role
from locum.identities.key_bounds import KeyBounds
from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.kit.permissions import Permission
from locum.reads.recorded_text import search
from locum.recordings.lines import Stream, TextLine
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session, connection
from locum.sessions.recorded_text import add_lines, delete_lines
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


def somebody(*permissions: Permission) -> Caller:
    return Caller(new_id(), "ann", "local", frozenset({Role.USER_PLUS}), frozenset(permissions), None)


AUDITOR = somebody(Permission.RECORDINGS_ENDED_VIEW)
ADMINISTRATOR = somebody(Permission.RECORDINGS_ENDED_VIEW, Permission.RECORDINGS_LIVE_VIEW)


async def recorded(database: Database, world: World, *lines: tuple[Stream, str], over: bool = True) -> UUID:
    """A recorded connection on which this was shown and typed."""
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    made = new_id()

    def add(tx: Tx) -> None:
        tx.add(connection, id=made, session_id=session_id, identity_id=world.person, node="n",
               address="192.0.2.7", recorded=True, opened_at=tx.now)  # fmt: skip
        add_lines(tx, made, [TextLine(at, stream, text) for at, (stream, text) in enumerate(lines)])
        if over:
            values = {"status": Status.COMPLETE, "actual_start": tx.now, "actual_end": tx.now, "outcome": 3}
            tx.run(sa.update(access_session).where(access_session.c.id == session_id).values(**values))

    await database.write(add)
    return made


async def found(database: Database, who: Caller, text: str, **which: object) -> list[str]:
    listed = await database.read(search, who, text, Page(), **which)
    assert listed.total == len(listed.rows)
    return [hit.text for hit in listed.rows]


OUT, IN = Stream.OUTPUT, Stream.INPUT


async def test_any_part_of_a_line_in_any_case_finds_it(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await recorded(
        database, world, (OUT, "Übergang nach /etc/shadow"), (OUT, "100% done_now"), (OUT, 'say "hi" there')
    )
    for text in ("shadow", "SHAD", "übergang", "ng nach /e", "/etc/sha"):
        assert await found(database, AUDITOR, text) == ["Übergang nach /etc/shadow"]
    assert await found(database, AUDITOR, "0% done_n") == ["100% done_now"]
    assert await found(database, AUDITOR, 'say "hi"') == ['say "hi" there']
    # What would mean something to a database means itself.
    for text in ("100_ done", "%%%", "shadow OR hi", "sha*", 'x" OR "hi', "text:shadow", "NEAR(hi)", "'; --"):
        assert await found(database, AUDITOR, text) == []


async def test_fewer_than_three_letters_are_refused(database: Database) -> None:
    for text in ("", "ab", "  a  "):
        with pytest.raises(Invalid) as refused:
            await found(database, AUDITOR, text)
        assert refused.value.field == "filterText"


async def test_who_sees_what(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    ended = await recorded(database, world, (OUT, "needle shown"), (IN, "needle typed"))
    await recorded(database, world, (OUT, "needle live"), (IN, "needle live typed"), over=False)
    assert await found(database, AUDITOR, "needle") == ["needle shown"]
    every = ["needle live typed", "needle live", "needle typed", "needle shown"]
    assert await found(database, ADMINISTRATOR, "needle") == every
    assert await found(database, ADMINISTRATOR, "needle", stream=IN) == ["needle live typed", "needle typed"]
    assert await found(database, AUDITOR, "needle", stream=IN) == []
    assert await found(database, somebody(), "needle") == []
    assert await found(database, somebody(Permission.RECORDINGS_LIVE_VIEW), "needle") == []
    session_id = await database.read(
        lambda tx: tx.scalar(sa.select(connection.c.session_id).where(connection.c.id == ended))
    )
    assert await found(database, ADMINISTRATOR, "needle", session_id=session_id) == every[2:]
    (hit,) = (await database.read(search, AUDITOR, "needle", Page())).rows
    assert (hit.id, hit.at_ms, hit.identity_name, hit.resource_name) == (ended, 0, "Alice", "web01")


async def test_a_bounded_key_and_a_deleted_recording_show_nothing(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await recorded(database, world, (OUT, "needle"))
    bounded = dataclasses.replace(AUDITOR, key=KeyBounds(new_id(), policies=frozenset({new_id()}), bounded=True))
    assert await found(database, bounded, "needle") == []
    assert await found(database, AUDITOR, "needle") == ["needle"]
    gone = sa.update(connection).where(connection.c.id == made)
    await database.write(lambda tx: tx.run(gone.values(recording_deleted_at=tx.now)))
    assert await found(database, AUDITOR, "needle") == []


async def test_lines_that_go_are_found_no_more_and_the_index_is_used(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await recorded(database, world, *((OUT, f"line number {n}") for n in range(2000)), (OUT, "a needle"))
    with selects(database) as seen:
        assert await found(database, AUDITOR, "needle") == ["a needle"]
    assert len(seen) == 2
    await database.write(delete_lines, [made])
    assert await found(database, AUDITOR, "needle") == []
    assert await found(database, AUDITOR, "number") == []
