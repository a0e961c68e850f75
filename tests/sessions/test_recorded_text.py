"""Lines and the index of their letters come and go together."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.kit.paging import contains
from locum.recordings.lines import Stream, TextLine
from locum.sessions.model import connection
from locum.sessions.recorded_text import add_lines, delete_lines
from locum.sessions.recorded_text_model import LETTERS, letters, recorded_line
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


def line(text: str) -> TextLine:
    return TextLine(1, Stream.OUTPUT, text)


@pytest.fixture
async def two(database: Database, tmp_path: Path) -> list[UUID]:
    """Two recorded connections."""
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    made = [new_id(), new_id()]

    def add(tx: Tx) -> None:
        for one in made:
            tx.add(connection, id=one, session_id=session_id, identity_id=world.person, node="n",
                   address="192.0.2.7", recorded=True, opened_at=tx.now)  # fmt: skip

    await database.write(add)
    return made


async def found(database: Database, text: str) -> list[str]:
    """What the index finds; on SQLite it is compared with the lines themselves, too."""

    def look(tx: Tx) -> list[str]:
        c = recorded_line.c
        if tx.dialect != "sqlite":
            return tx.scalars(sa.select(c.text).where(contains([c.text], text)).order_by(c.id))
        tx.run(sa.insert(letters).values({LETTERS: "integrity-check"}))
        ids = sa.select(letters.c.rowid).where(letters.c[LETTERS].op("MATCH")(f'"{text}"'))
        return tx.scalars(sa.select(c.text).where(c.id.in_(ids)).order_by(c.id))

    return await database.write(look)


async def test_lines_of_one_connection_are_added_and_go_alone(database: Database, two: list[UUID]) -> None:
    def talk(tx: Tx) -> None:
        add_lines(tx, two[0], [line("first needle"), line("hay")])
        add_lines(tx, two[1], [line("other needle")])
        add_lines(tx, two[0], [line("second needle")])
        add_lines(tx, two[0], [])

    await database.write(talk)
    assert await found(database, "needle") == ["first needle", "other needle", "second needle"]
    await database.write(delete_lines, [two[0]])
    assert await found(database, "needle") == ["other needle"]
    assert await found(database, "hay") == []
    await database.write(delete_lines, [two[0]])
    await database.write(add_lines, two[0], [line("needle again")])
    assert await found(database, "needle") == ["other needle", "needle again"]


async def test_what_is_rolled_back_is_not_found(database: Database, two: list[UUID]) -> None:
    def fail(tx: Tx) -> None:
        add_lines(tx, two[0], [line("a needle")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fail)
    assert await found(database, "needle") == []
