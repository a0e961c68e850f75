"""How many rotations work on one resource at a time, and by which ways a target may be entered."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from locum.kit.db import Tx
from locum.kit.jobs import Job
from locum.resources.model import resource
from locum.rotation import ask, rows
from locum.rotation.model import Reason, rotation
from locum.rotation.pass_facts import SLOT, free_slot, itself, know, take_slot, ways_in
from locum.rotation.rotate import rotate
from memory_target import SERVICE
from rotation_stage import RotationStage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def limit(stage: RotationStage, number: int) -> None:
    await stage.database.write(lambda tx: tx.run(sa.update(resource).values(rotation_limit=number)))


async def asked(stage: RotationStage, *names: str) -> list[Job]:
    for name in names:
        credential_id = await stage.login(name)
        await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    return await stage.claim()


async def test_a_resource_has_so_many_at_a_time(stage: RotationStage) -> None:
    await limit(stage, 2)
    first, second, third = await asked(stage, "a", "b", "c")
    assert [await stage.database.write(take_slot, one) for one in (first, second, third)] == [True, True, False]
    await stage.database.write(free_slot, first.subject_id)
    (again,) = [one for one in await stage.claim() if one.id == third.id]
    assert await stage.database.write(take_slot, again)


async def test_a_slot_of_the_dead_is_free_again(stage: RotationStage) -> None:
    """A node that died holds its slot for a minute; a clock that was set back makes none last longer."""
    await limit(stage, 1)
    first, second = await asked(stage, "a", "b")
    assert await stage.database.write(take_slot, first)

    def held_until(tx: Tx, ahead: dt.timedelta) -> bool:
        tx.run(sa.update(rotation).where(rotation.c.id == first.subject_id).values(busy_until=tx.now + ahead))
        return take_slot(tx, second)

    for ahead, free in ((-SLOT, True), (3 * SLOT, True)):
        assert await stage.database.write(held_until, ahead) is free
        await stage.database.write(free_slot, second.subject_id)
    assert await stage.database.write(held_until, SLOT) is False


async def test_waiting_ones_come_to_their_turn(stage: RotationStage) -> None:
    await limit(stage, 1)
    for held in await asked(stage, "a", "b", "c"):
        await rotate(stage.work, held)
    await stage.settle()
    states = await stage.database.read(lambda tx: tx.scalars(sa.select(rotation.c.state)))
    assert states == [4, 4, 4]


async def test_the_service_account_is_the_way_in(stage: RotationStage) -> None:
    (held,) = await asked(stage, "app")
    known = await stage.database.write(know, held, stage.work.vault)
    ((_, target),) = await stage.database.read(ways_in, stage.work.vault, known)
    assert target.username == SERVICE
    assert not itself(known, [("memory", target)])


async def test_a_login_without_one_enters_itself_and_after_a_touch_with_either(stage: RotationStage) -> None:
    (held,) = await asked(stage, "app")
    await stage.database.write(lambda tx: tx.run(sa.update(resource).values(service_account_id=None)))
    known = await stage.database.write(know, held, stage.work.vault)
    ways = await stage.database.read(ways_in, stage.work.vault, known)
    assert [target.password for _, target in ways] == [known.current.password]
    assert itself(known, ways)

    def killed(name: str) -> None:
        if name == "change_password":
            raise KeyboardInterrupt

    stage.target.fault = killed
    with pytest.raises(KeyboardInterrupt):
        await rotate(stage.work, held)
    (held,) = await stage.claim()
    known = await stage.database.write(know, held, stage.work.vault)
    assert known.candidate is not None
    ways = await stage.database.read(ways_in, stage.work.vault, known)
    assert [target.password for _, target in ways] == [known.candidate.password, known.current.password]
    assert (await stage.database.read(rows.get_rotation, held.subject_id)).started_at is not None
