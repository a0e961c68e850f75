"""What is noted of recordings in the archive. Moving them is in tests/main/test_archiver.py."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.sessions import archiving
from locum.sessions.archiving import ArchivedKey, archived, deleted, due, key_of, keys, rewrap
from locum.sessions.model import connection
from stage import Stage

pytestmark = pytest.mark.anyio


async def closed(stage: Stage, count: int) -> list[UUID]:
    session_id = await stage.ask()
    made = [new_id() for _ in range(count)]

    def add(tx: Tx) -> None:
        for one in made:
            tx.add(connection, id=one, session_id=session_id, identity_id=stage.world.person, node="n",
                   address="192.0.2.1", recorded=True, opened_at=tx.now, closed_at=tx.now)  # fmt: skip

    await stage.database.write(add)
    return made


async def test_keys_come_in_parts_and_only_archived_ones_are_wrapped_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "KEYS_AT_ONCE", 2)
    first, second, third, here = await closed(stage, 4)
    assert await stage.database.read(due, "n") == [first, second, third, here]
    assert await stage.database.read(due, "n", [second]) == [first, third, here]
    for one in (first, second, third):
        await stage.database.write(archived, one, f"key of {one}")
    assert await stage.database.read(due, "n") == [here]
    part = await stage.database.read(keys, None)
    rest = await stage.database.read(keys, part[-1].id)
    assert [one.id for one in part + rest] == sorted([first, second, third])
    assert await stage.database.read(keys, rest[-1].id) == []
    await stage.database.write(rewrap, [ArchivedKey(first, "anew"), ArchivedKey(here, "not there")])
    assert await stage.database.read(key_of, first) == "anew"
    assert await stage.database.read(key_of, here) is None


async def test_only_what_is_over_is_let_go_of(stage: Stage) -> None:
    (one,) = await closed(stage, 1)
    await stage.database.write(archived, one, "key")
    await stage.database.write(deleted, one)
    assert await stage.database.read(key_of, one) == "key"
    gone = sa.update(connection).where(connection.c.id == one).values(recording_deleted_at=connection.c.closed_at)
    await stage.database.write(lambda tx: tx.run(gone))
    await stage.database.write(deleted, one)
    assert await stage.database.read(key_of, one) is None
