"""A rotation or a verification that is to be tried now, or given up."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.kit import jobs, pause
from locum.kit.db import Database
from locum.kit.errors import Conflict
from locum.rotation import ask
from locum.rotation.model import Reason, State
from locum.rotation.run_again import give_up, rotate_again, verify_again
from rotation_stage import rotation_stage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_a_rotation_is_begun_and_then_hastened(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one")
    await database.write(rotate_again, ACTOR, one)
    await database.write(rotate_again, ACTOR, one)
    assert await database.read(lambda tx: tx.scalar(sa.select(jobs.job.c.asked))) == 1
    await stage.claim()
    with pytest.raises(Conflict, match="a worker is at it"):
        await database.write(rotate_again, ACTOR, one)
    await stage.settle()
    (made,) = await stage.rotations(one)
    assert (made.state, made.reason) == (State.COMPLETED, Reason.ASKED)


async def test_a_verification_that_is_at_work_is_left_to_it(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one")
    await database.write(verify_again, ACTOR, one)
    await database.write(verify_again, ACTOR, one)
    await stage.claim()
    with pytest.raises(Conflict, match="a worker is at it"):
        await database.write(verify_again, ACTOR, one)


async def test_what_can_not_be_tried_or_given_up_says_why(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one")
    with pytest.raises(Conflict, match="no rotation is under way"):
        await database.write(give_up, ACTOR, one)
    made = await database.write(lambda tx: ask.ask_rotation(tx, ACTOR, one, Reason.ASKED))
    await database.write(ask.pause, ACTOR, made)
    with pytest.raises(Conflict, match="paused: resume it"):
        await database.write(rotate_again, ACTOR, one)
    await database.write(give_up, ACTOR, one)
    with pytest.raises(Conflict, match="given up already"):
        await database.write(give_up, ACTOR, one)
    await stage.settle()
    assert [row.state for row in await stage.rotations(one)] == [State.ABORTED]
    await database.write(pause.begin, "restored")
    for again in (rotate_again, verify_again):
        with pytest.raises(pause.Paused):
            await database.write(again, ACTOR, one)


async def test_what_is_put_back_is_put_back(database: Database, tmp_path: Path) -> None:
    stage = await rotation_stage(database, tmp_path)
    one = await stage.login("one")
    made = await database.write(lambda tx: ask.ask_rotation(tx, ACTOR, one, Reason.ROLLBACK))
    await database.write(lambda tx: ask.rows.change(tx, made, started_at=tx.now))
    with pytest.raises(Conflict, match="being put back"):
        await database.write(give_up, ACTOR, one)
