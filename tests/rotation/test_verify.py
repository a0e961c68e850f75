"""What a look at the target says, and what follows from it: the statuses of A.11 (CRED-06)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from locum.connectors.base import TargetUnreachable
from locum.credentials.model import Method, Verified
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.resources.add import get_resource
from locum.resources.model import platform
from locum.rotation import ask
from locum.rotation.model import Reason, State
from locum.rotation.rotate import rotate
from locum.rotation.rows import VERIFICATION_JOB
from locum.rotation.verify import MOST_ATTEMPTS, verify
from rotation_stage import RotationStage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def work_off(stage: RotationStage) -> None:
    for _ in range(30):
        claimed = await stage.claim()
        if not claimed:
            return
        for held in claimed:
            await (verify if held.kind == VERIFICATION_JOB else rotate)(stage.work, held)
    raise AssertionError("it never comes to an end")


async def reset_on_mismatch(stage: RotationStage, on: bool) -> None:
    await stage.database.write(lambda tx: tx.run(sa.update(platform).values(reset_on_mismatch=on)))


@pytest.mark.parametrize("kind", ["password", "key", "both"])
async def test_the_same_secret_is_verified(stage: RotationStage, kind: str) -> None:
    credential_id = await stage.login("app", kind)
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    assert (await stage.managed(credential_id)).status == Verified.PENDING
    await work_off(stage)
    managed = await stage.managed(credential_id)
    assert (managed.status, managed.last_error) == (Verified.VERIFIED, None)
    assert managed.last_verified_at is not None
    assert await stage.said("credential.verified", credential_id) == 1


@pytest.mark.parametrize("kind", ["password", "key", "both"])
async def test_another_secret_is_a_mismatch(stage: RotationStage, kind: str) -> None:
    credential_id = await stage.login("app", kind)
    account = stage.target.accounts["app"]
    account.password, account.keys = "other", set()
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    await work_off(stage)
    assert (await stage.managed(credential_id)).status == Verified.MISMATCH
    assert await stage.rotations(credential_id) == []


@pytest.mark.parametrize(("refuses", "status"), [(False, Verified.CHANGED), (True, Verified.FAILED)])
async def test_where_mismatches_are_reset_it_is_changed_or_failed(
    stage: RotationStage, refuses: bool, status: Verified
) -> None:
    credential_id = await stage.login("app")
    await reset_on_mismatch(stage, True)
    stage.target.accounts["app"].password = "other"
    stage.target.refuses = {"change_password"} if refuses else set()
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    await work_off(stage)
    (only,) = await stage.rotations(credential_id)
    assert (only.reason, only.state) == (Reason.MISMATCH, State.FAILED if refuses else State.COMPLETED)
    assert (await stage.managed(credential_id)).status == status


async def test_the_first_look_pins_the_host_key(stage: RotationStage) -> None:
    """RES-11. The second one would show the secrets to whoever answers there by then."""
    credential_id = await stage.login("app")
    stage.target.host_key = "ssh-ed25519 first"
    for host_key, status in (("first", Verified.VERIFIED), ("other", Verified.UNSPECIFIED)):
        stage.target.host_key = f"ssh-ed25519 {host_key}"
        await stage.database.write(ask.ask_verification, ACTOR, credential_id)
        await work_off(stage)
        assert (await stage.managed(credential_id)).status == status
    pinned = await stage.database.read(get_resource, stage.resource)
    assert pinned.trusted_host_key == "ssh-ed25519 first"


async def test_a_manual_login_is_never_reset(stage: RotationStage) -> None:
    credential_id = await stage.login("app", method=Method.MANUAL)
    await reset_on_mismatch(stage, True)
    stage.target.accounts["app"].password = "other"
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    await work_off(stage)
    assert (await stage.managed(credential_id)).status == Verified.MISMATCH
    assert stage.target.accounts["app"].password == "other"


async def test_a_target_that_is_away_is_left_to_the_next_date(stage: RotationStage) -> None:
    credential_id = await stage.login("app")

    def away(name: str) -> None:
        raise TargetUnreachable("no answer")

    stage.target.fault = away
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    for attempt in range(MOST_ATTEMPTS):
        (held,) = await stage.claim()
        await verify(stage.work, held)
        assert (await stage.managed(credential_id)).last_error == "no answer", attempt
    assert await stage.claim() == []
    assert (await stage.managed(credential_id)).status == Verified.UNSPECIFIED


async def test_an_account_that_is_gone_says_nothing_of_its_secret(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    del stage.target.accounts["app"]
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    await work_off(stage)
    managed = await stage.managed(credential_id)
    assert (managed.status, managed.last_error) == (Verified.UNSPECIFIED, "there is no account app")


async def test_the_schedule_says_when_next(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    await stage.hourly()
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    await work_off(stage)
    managed = await stage.managed(credential_id)
    assert managed.next_verification_at == managed.last_verified_at + dt.timedelta(hours=1)


async def test_nothing_to_verify_is_said(stage: RotationStage) -> None:
    with pytest.raises(NotFound):
        await stage.database.write(ask.ask_verification, ACTOR, new_id())
    with pytest.raises(Conflict):  # the service account lives on no resource that Locum manages it on
        await stage.database.write(ask.ask_verification, ACTOR, stage.service)


async def test_a_rotation_under_way_makes_it_needless(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    for held in await stage.claim():
        if held.kind == VERIFICATION_JOB:
            await verify(stage.work, held)
    assert await stage.said("credential.verified", credential_id) == 0
    await work_off(stage)
    await stage.check_ended(credential_id, "app")
