"""What the end of a rotation means: history, the next dates, and what is shown."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from locum.credentials.model import history_option
from locum.rotation import ask
from locum.rotation.model import Reason, State
from rotation_stage import RotationStage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def rotated(stage: RotationStage, credential_id: object, times: int = 1) -> None:
    for _ in range(times):
        await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
        await stage.settle()


async def versions(stage: RotationStage, credential_id: object) -> int:
    def count(tx: object) -> int:
        from locum.credentials.add import get_credential

        row = get_credential(tx, credential_id)  # type: ignore[arg-type]
        assert row.password_secret_id is not None
        return len(stage.work.vault.versions(tx, row.password_secret_id))  # type: ignore[arg-type]

    return await stage.database.read(count)


@pytest.mark.parametrize(("limit", "kept"), [(0, 1), (2, 3), (9, 5)])
async def test_so_many_earlier_secrets_stay(stage: RotationStage, limit: int, kept: int) -> None:
    """CRED-07. While the rotation is under way the one before stays whatever the option says."""
    credential_id = await stage.login("app", dependants=1)
    await stage.database.write(lambda tx: tx.run(sa.update(history_option).values(limit=limit, days=0)))
    await rotated(stage, credential_id, 4)
    await stage.check_ended(credential_id, "app")
    assert await versions(stage, credential_id) == kept


async def test_the_next_dates_follow_the_schedule(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    await stage.hourly()
    await rotated(stage, credential_id)
    managed = await stage.managed(credential_id)
    hour_on = managed.last_changed_at + dt.timedelta(hours=1)
    assert (managed.next_change_at, managed.next_verification_at) == (hour_on, hour_on)
    assert managed.last_verified_at == managed.last_changed_at
    stage.target.refuses = {"change_password"}
    await rotated(stage, credential_id)
    failed = await stage.managed(credential_id)
    assert failed.next_change_at >= hour_on
    assert (failed.last_changed_at, failed.last_error) == (managed.last_changed_at, "the target says no")


async def test_a_rollback_that_can_not_tell_all_says_so(stage: RotationStage) -> None:
    credential_id = await stage.login("app", dependants=1, refuses="always")
    await rotated(stage, credential_id)
    first, second = await stage.rotations(credential_id)
    assert (first.state, second.state) == (State.FAILED, State.COMPLETED_WITH_ERRORS)
    assert first.last_error == second.last_error == "d0: it can't be told"
    assert await stage.said("rotation.rolls_back", credential_id) == 1
    await stage.check_ended(credential_id, "app")
