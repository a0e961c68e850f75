"""Recordings become searchable while they are made and after; every line once, whatever died in between."""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.identities.signin import SignedIn
from locum.kit.db import Database, Tx
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE
from locum.recordings.store import Store
from locum.sessions import index_text
from locum.sessions.connections import authorize_connection
from locum.sessions.index_text import TextIndex
from locum.sessions.model import connection
from locum.sessions.recorded_text_model import recorded_line, recorded_text
from recorded import frames
from stage import Stage

pytestmark = pytest.mark.anyio


class Desk:
    """A node's recordings and its index. `write` appends what the recorder would have."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self.stage = stage
        self.database: Database = stage.database
        self.store = Store(path)
        self.index = self.anew()
        self.parts: dict[UUID, list[bytes]] = {}

    def anew(self) -> TextIndex:
        return TextIndex(self.database, self.stage.world.vault, self.store, node="n")

    async def connect(self, *chunks: list[Event], node: str = "n") -> UUID:
        """A recorded connection of which nothing is written yet."""
        session_id = await self.stage.ask()
        await self.stage.turn()
        grant = await self.database.write(
            authorize_connection,
            self.stage.world.vault,
            session_id=session_id,
            who=SignedIn(self.stage.world.person, "alice"),
            address="192.0.2.7",
            node=node,
        )
        made = grant.connection_id
        key, wrapped = self.stage.world.vault.new_data_key(purpose=KEY_PURPOSE, subject_id=made)
        self.parts[made] = frames(chunks, recording_id=made, key=key, wrapped=wrapped)
        self.store.create(made).close()
        return made

    def write(self, of: UUID, count: int) -> None:
        with self.store.open_to_append(of) as file:
            for _ in range(count):
                file.write(self.parts[of].pop(0))

    async def close(self, of: UUID) -> None:
        def closed(tx: Tx) -> None:
            tx.run(sa.update(connection).where(connection.c.id == of).values(closed_at=tx.now))

        await self.database.write(closed)

    async def lines(self, of: UUID) -> list[tuple[int, int, str]]:
        c = recorded_line.c
        query = sa.select(c.at_ms, c.stream, c.text).where(c.connection_id == of).order_by(c.id)
        return await self.database.read(lambda tx: [tuple(row) for row in tx._connection.execute(query)])

    async def state(self, of: UUID) -> tuple[bool, bool]:
        c = recorded_text.c
        query = sa.select(c.done, c.cut).where(c.connection_id == of)
        return await self.database.read(lambda tx: tuple(tx._connection.execute(query).one()))


@pytest.fixture
def desk(stage: Stage, tmp_path: Path) -> Desk:
    return Desk(stage, tmp_path / "recordings")


TALK = ([Event(0.5, "o", b"$ ")], [Event(1.0, "i", b"id\r")], [Event(1.5, "o", b"id\r\nuid=0(root)\r\n")])
SAID = [(1000, 2, "id"), (1500, 3, "$ id"), (1500, 3, "uid=0(root)")]


async def test_a_live_recording_is_followed_to_its_end(desk: Desk) -> None:
    one = await desk.connect(*TALK)
    await desk.index.look()  # the file is empty so far
    desk.write(one, 4)
    await desk.index.look()
    assert await desk.lines(one) == SAID[:1]
    assert await desk.state(one) == (False, False)
    desk.write(one, 1)
    await desk.index.look()
    assert await desk.lines(one) == SAID
    desk.write(one, 1)
    await desk.index.look()
    assert await desk.lines(one) == SAID
    assert await desk.state(one) == (True, False)


async def test_half_a_frame_is_waited_for(desk: Desk) -> None:
    one = await desk.connect(*TALK)
    whole = b"".join(desk.parts[one])
    for start in range(0, len(whole), 61):
        with desk.store.open_to_append(one) as file:
            file.write(whole[start : start + 61])
        await desk.index.look()
    assert await desk.lines(one) == SAID
    assert await desk.state(one) == (True, False)


async def test_another_process_does_it_anew(desk: Desk) -> None:
    one = await desk.connect(*TALK)
    desk.write(one, 5)
    await desk.index.look()
    assert len(await desk.lines(one)) == 3
    desk.index = desk.anew()
    await desk.index.look()
    desk.write(one, 1)
    await desk.index.look()
    assert await desk.lines(one) == SAID


async def test_a_line_that_nobody_ends_counts_after_a_while(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await desk.connect(*TALK)
    desk.write(one, 3)
    await desk.index.look()
    assert await desk.lines(one) == []
    monkeypatch.setattr(index_text, "QUIET_S", 0.0)
    await desk.index.look()
    assert await desk.lines(one) == [(500, 3, "$")]


async def test_what_a_failed_recorder_left_is_kept_and_done(desk: Desk) -> None:
    one = await desk.connect(*TALK)
    desk.write(one, 5)  # and no trailer
    await desk.close(one)
    await desk.index.look()
    assert await desk.lines(one) == SAID
    assert await desk.state(one) == (True, False)


async def test_what_is_damaged_or_missing_is_said_once_and_holds_up_nobody(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    torn, gone, good = [await desk.connect(*TALK) for _ in range(3)]
    desk.parts[torn][4] = desk.parts[torn][4][:-1] + b"?"
    for one in (torn, good):
        desk.write(one, 6)
    desk.store.delete(gone)
    for one in (torn, gone, good):
        await desk.close(one)
    with caplog.at_level(logging.ERROR):
        await desk.index.look()
        await desk.index.look()
    assert await desk.state(torn) == (True, True)
    assert await desk.state(gone) == (True, True)
    assert await desk.state(good) == (True, False)
    assert await desk.lines(torn) == [(1000, 2, "id"), (500, 3, "$")]
    assert await desk.lines(good) == SAID


@pytest.mark.parametrize(("bound", "most"), [("LONGEST", 20), ("LONGEST_TEXT", 2 * len("line 0") * 10)])
async def test_an_endless_recording_is_cut(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    """After so many lines, or so many characters in them."""
    monkeypatch.setattr(index_text, bound, most)
    monkeypatch.setattr(index_text, "EVENTS_AT_ONCE", 10)
    flood = [Event(float(at), "o", b"line %d\n" % at) for at in range(500)]
    one = await desk.connect(flood)
    desk.write(one, 4)
    await desk.index.look()
    assert await desk.state(one) == (True, True)
    assert len(await desk.lines(one)) == 20  # and not the 500 that there are


async def test_another_nodes_recordings_are_left_to_it(desk: Desk) -> None:
    one = await desk.connect(*TALK, node="other")
    desk.write(one, 6)
    await desk.index.look()
    assert await desk.state(one) == (False, False)
