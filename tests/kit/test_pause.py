"""The pause: one row that every node obeys."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.kit import jobs, pause
from locum.kit.db import Database
from locum.kit.errors import Conflict
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio


async def test_no_job_is_handed_out_while_it_stands(database: Database) -> None:
    await database.write(lambda tx: jobs.schedule(tx, "test", new_id(), due_at=tx.now))
    await database.write(pause.begin, "a test")
    assert await database.write(jobs.claim, owner="a", limit=5) == []
    assert await database.read(jobs.next_due) is None  # or else the worker would look again without a rest
    await database.write(pause.end)
    assert await database.read(jobs.next_due) is not None
    assert len(await database.write(jobs.claim, owner="a", limit=5)) == 1


async def test_it_says_since_when_and_why(database: Database) -> None:
    assert await database.read(pause.current) is None
    await database.read(pause.refuse_if_paused)
    await database.write(pause.begin, "a test")
    found = await database.read(pause.current)
    assert found is not None
    assert found.words == f"Locum is paused since {found.since:%Y-%m-%d %H:%M:%S} UTC: a test"
    with pytest.raises(pause.Paused, match=r"paused since .* a test; nothing reaches a target until"):
        await database.read(pause.refuse_if_paused)


async def test_there_is_one_and_it_ends_once(database: Database) -> None:
    await database.write(pause.begin, "a test")
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(pause.begin, "another")
    await database.write(pause.end)
    with pytest.raises(Conflict, match="not paused"):
        await database.write(pause.end)
