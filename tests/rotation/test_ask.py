"""What may be asked of a rotation, and when."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from locum.credentials.delete import delete_credential
from locum.credentials.manage import unmanage
from locum.credentials.model import credential
from locum.kit.db import Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.resources.model import resource
from locum.rotation import ask, rows
from locum.rotation.due import plan_due
from locum.rotation.model import Reason, State
from rotation_stage import RotationStage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_asking_is_written_down_with_who_asked(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    made = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    (only,) = await stage.rotations(credential_id)
    assert (only.id, only.state, only.reason) == (made, State.QUEUED, Reason.ASKED)
    assert (only.requested_by_name, only.started_at, only.candidate_secret_id) == ("test", None, None)
    assert await stage.said("rotation.asked", credential_id) == 1


async def test_what_can_not_be_rotated_is_said(stage: RotationStage) -> None:
    write = stage.database.write
    with pytest.raises(NotFound):
        await write(ask.ask_rotation, ACTOR, new_id(), Reason.ASKED)
    with pytest.raises(Conflict, match="no resource"):
        await write(ask.ask_rotation, ACTOR, stage.service, Reason.ASKED)
    deleted = await stage.login("gone")
    await write(
        lambda tx: tx.run(sa.update(credential).where(credential.c.id == deleted).values(deleted_at=tx.now))
    )
    with pytest.raises(Conflict, match="deleted"):
        await write(ask.ask_rotation, ACTOR, deleted, Reason.ASKED)
    kept = await stage.login("kept")
    await write(lambda tx: tx.run(sa.update(resource).values(type=4)))
    with pytest.raises(Conflict, match="no resource"):
        await write(ask.ask_rotation, ACTOR, kept, Reason.ASKED)


async def test_a_secret_that_opens_other_resources_too_stays(stage: RotationStage) -> None:
    """Changed on one, it would lock Locum out of the other."""
    credential_id = await stage.login("app")

    def second(tx: Tx) -> None:
        columns = [c for c in resource.c if c.name not in ("id", "name", "name_key", "service_account_id")]
        (row,) = tx._connection.execute(sa.select(*columns)).mappings().all()
        tx.add(resource, id=new_id(), name="two", name_key="two", service_account_id=credential_id, **row)

    await stage.database.write(second)
    with pytest.raises(Conflict, match="service account of two"):
        await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)


async def test_pausing_and_going_on_keep_the_state(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    made = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    await stage.database.write(ask.pause, ACTOR, made)
    assert (await stage.rotations(credential_id))[0].state == State.PAUSED
    await stage.database.write(ask.resume, ACTOR, made)
    assert (await stage.rotations(credential_id))[0].state == State.QUEUED
    with pytest.raises(Conflict):
        await stage.database.write(ask.resume, ACTOR, made)
    with pytest.raises(NotFound):
        await stage.database.write(ask.abort, ACTOR, new_id())
    for action in ("rotation.paused", "rotation.resumed"):
        assert await stage.said(action, credential_id) == 1


async def waiting(stage: RotationStage, first: Callable[[Tx], object], second: Callable[[Tx], object]) -> object:
    """What becomes of `second`, which comes while `first` is done and not committed yet."""
    done, go = threading.Event(), threading.Event()

    def held(tx: Tx) -> None:
        first(tx)
        done.set()
        assert go.wait(30)

    one = stage.database.submit_write(held)
    assert await asyncio.to_thread(done.wait, 30)
    two = stage.database.submit_write(second)
    if not stage.database.is_sqlite:  # there one write waits for the other anyway
        blocked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        async with asyncio.timeout(30):
            while not await stage.database.read(lambda tx: tx.scalar(blocked)):
                await asyncio.sleep(0.01)
    go.set()
    await asyncio.wrap_future(one)
    return await asyncio.wrap_future(two)


@pytest.mark.parametrize("gone", ["deleted", "unmanaged"])
async def test_no_rotation_of_what_goes_at_the_same_moment(stage: RotationStage, gone: str) -> None:
    """It would work for ever on a login that is on no resource any more."""
    credential_id = await stage.login("app")

    def go(tx: Tx) -> None:
        if gone == "deleted":
            delete_credential(tx, stage.work.vault, ACTOR, credential_id)
        else:
            unmanage(tx, ACTOR, credential_id)

    with pytest.raises(Conflict, match="deleted|on no resource"):
        await waiting(stage, go, lambda tx: ask.ask_rotation(tx, ACTOR, credential_id, Reason.ASKED))
    assert await stage.rotations(credential_id) == []


@pytest.mark.parametrize("how", ["asked", "planned"])
async def test_what_is_about_to_be_changed_does_not_go(stage: RotationStage, how: str) -> None:
    credential_id = await stage.login("app")
    await stage.hourly()
    await stage.database.write(lambda tx: rows.change_managed(tx, credential_id, next_change_at=tx.now))
    long_ago = dt.timedelta(days=9)
    await stage.database.write(
        lambda tx: rows.change_managed(tx, credential_id, last_changed_at=tx.now - long_ago)
    )

    def begin(tx: Tx) -> None:
        if how == "asked":
            ask.ask_rotation(tx, ACTOR, credential_id, Reason.ASKED)
        else:
            plan_due(tx)

    with pytest.raises(Conflict, match="is being changed"):
        await waiting(stage, begin, lambda tx: unmanage(tx, ACTOR, credential_id))
    (only,) = await stage.rotations(credential_id)
    assert only.ended_at is None


async def test_two_that_ask_at_once_get_one_rotation(stage: RotationStage) -> None:
    credential_id = await stage.login("app")

    def asked(tx: Tx) -> object:
        return ask.ask_rotation(tx, ACTOR, credential_id, Reason.ASKED)

    second = await waiting(stage, asked, asked)
    (only,) = await stage.rotations(credential_id)
    assert only.id == second
