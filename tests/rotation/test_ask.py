"""What may be asked of a rotation, and when."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.credentials.model import credential
from locum.kit.db import Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.resources.model import resource
from locum.rotation import ask
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
