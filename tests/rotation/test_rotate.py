"""A rotation, on a sunny day and with each thing going wrong at each step, against a target in memory.

The faults are exhaustive: a run without any counts its boundaries (what the target is asked, what is committed), and
then each kind of fault is put at each of them. What real targets do is tested in tests/connectors and tests/story.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locum.connectors.base import TargetRefused, TargetUnreachable
from locum.credentials.add import get_credential
from locum.credentials.model import Method, Verified
from locum.kit import pause
from locum.kit.db import Database
from locum.kit.errors import Conflict
from locum.rotation import ask, rows, secrets
from locum.rotation.model import Reason, State
from locum.rotation.rotate import ATTEMPT_LIFE, rotate
from rotation_stage import RotationStage, rotation_stage
from world import ACTOR

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process is gone: nothing that comes after runs."""


class Boundaries:
    """Counts the moments at which something can go wrong, and makes one of them do so."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.at = -1
        self.raises: Callable[[], BaseException] | None = None

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        if self.raises is not None and len(self.passed) - 1 == self.at:
            raise self.raises()

    def set(self, at: int, raises: Callable[[], BaseException] | None) -> None:
        self.passed, self.at, self.raises = [], at, raises


class WatchedDatabase:
    """Every unit of work has two boundaries: before it, and after its commit."""

    def __init__(self, database: Database, boundaries: Boundaries) -> None:
        self._database = database
        self._boundaries = boundaries

    async def read(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return await self._database.read(fn, *args, **kwargs)

    async def write(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self._boundaries(f"before {fn.__name__}")
        result = await self._database.write(fn, *args, **kwargs)
        self._boundaries(f"after {fn.__name__}")
        return result


FAULTS: dict[str, Callable[[], BaseException]] = {
    "killed": Killed,
    "refused": lambda: TargetRefused("no"),
    "unreachable": lambda: TargetUnreachable("gone"),
}


@pytest.fixture
def boundaries() -> Boundaries:
    return Boundaries()


@pytest.fixture
async def stage(database: Database, tmp_path: Path, boundaries: Boundaries) -> RotationStage:
    made = await rotation_stage(database, tmp_path, lambda db: WatchedDatabase(db, boundaries))
    made.target.fault = boundaries
    return made


async def once(stage: RotationStage) -> None:
    """One pass of every job, however it ends."""
    for held in await stage.claim():
        try:
            await rotate(stage.work, held)
        except (Killed, TargetRefused, TargetUnreachable):
            return


CASES = [
    (kind, dependants, itself, ending)
    for kind in ("password", "key", "both")
    for dependants in (0, 2)
    for itself in (False, True)
    for ending in ("completed", "rolled back")[: dependants or 1]  # nothing rolls back without dependants
]
# The others run in `make test-full`.
ALWAYS = {("password", 2, False, "completed"), ("key", 2, True, "rolled back"), ("both", 0, True, "completed")}


@pytest.mark.parametrize(
    ("kind", "dependants", "itself", "ending"),
    [pytest.param(*case, marks=[] if case in ALWAYS else [pytest.mark.full]) for case in CASES],
)
async def test_each_fault_at_each_step(
    stage: RotationStage, boundaries: Boundaries, kind: str, dependants: int, itself: bool, ending: str
) -> None:
    """Whatever happens once, the rotation comes to an end in which the vault knows the live secret, and all that
    depend on it have the same. In between the live secret is always one that the vault knows."""
    refuses = {"refuses": "new"} if ending == "rolled back" else {}

    async def run(number: int, at: int, raises: Callable[[], BaseException] | None) -> list[str]:
        name = f"login{number}"
        credential_id = await stage.login(name, kind, dependants=dependants, **refuses)
        if itself:
            await stage.database.write(service_is, stage, credential_id)
        await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
        boundaries.set(at, raises)
        await once(stage)
        passed = boundaries.passed
        boundaries.set(-1, None)
        await stage.check_reachable(credential_id, name)
        await stage.settle()
        await stage.check_ended(credential_id, name)
        last = (await stage.rotations(credential_id))[0]
        if raises is None:
            expected = State.COMPLETED if ending == "completed" else State.FAILED
            assert last.state == expected
            assert stage.lives(name, await stage.current(credential_id))
        return passed

    steps = await run(0, -1, None)
    assert len(steps) > 12
    number = 0
    for at, step in enumerate(steps):
        for fault, raises in FAULTS.items():
            if fault != "killed" and step.startswith(("before ", "after ")):
                continue  # the database refuses nothing by itself; what it can't do is a kill
            number += 1
            await run(number, at, raises)


def service_is(tx: Any, stage: RotationStage, credential_id: Any) -> None:
    """The login is the resource's own service account (Internal): Locum changes what it signs in with."""
    import sqlalchemy as sa

    from locum.resources.model import resource

    tx.run(sa.update(resource).where(resource.c.id == stage.resource).values(service_account_id=credential_id))


async def test_a_target_that_keeps_saying_no_keeps_its_secret(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    before = await stage.current(credential_id)
    stage.target.refuses = {"change_password"}
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.SCHEDULE)
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert await stage.current(credential_id) == before
    (only,) = await stage.rotations(credential_id)
    assert (only.state, only.last_error) == (State.FAILED, "the target says no")
    managed = await stage.managed(credential_id)
    assert (managed.status, managed.last_error) == (Verified.VERIFIED, "the target says no")


async def test_a_no_is_not_the_last_word_while_an_earlier_attempt_may_land(stage: RotationStage) -> None:
    """The target has been told, the server dies, the target says no to the next one, and then does what it was told."""
    credential_id = await stage.login("app")
    before = await stage.current(credential_id)
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.SCHEDULE)
    stage.target.fault = lambda name: (_ for _ in ()).throw(Killed) if name == "change_password" else None
    await once(stage)
    stage.target.fault, stage.target.refuses = lambda name: None, {"change_password"}
    await stage.turn()
    (only,) = await stage.rotations(credential_id)
    assert (only.state, only.last_error) == (State.ROTATING_PASSWORD, "the target says no")
    assert only.candidate_secret_id is not None
    late = await stage.database.read(secrets.candidate, stage.work.vault, only.candidate_secret_id)
    assert late.password is not None
    stage.target.accounts["app"].password = late.password.reveal_text()
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert await stage.current(credential_id) != before


async def test_a_no_is_the_last_word_once_no_earlier_attempt_can_land(stage: RotationStage) -> None:
    """However often it was asked since."""
    credential_id = await stage.login("app")
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.SCHEDULE)
    stage.target.fault = lambda name: (_ for _ in ()).throw(Killed) if name == "change_password" else None
    await once(stage)
    stage.target.fault, stage.target.refuses = lambda name: None, {"change_password"}
    for _ in range(3):
        await stage.turn()
    (only,) = await stage.rotations(credential_id)
    assert only.tried_at == only.started_at
    assert only.started_at is not None
    await stage.database.write(rows.change, only.id, tried_at=only.started_at - ATTEMPT_LIFE)
    await stage.turn()
    await stage.check_ended(credential_id, "app")
    (only,) = await stage.rotations(credential_id)
    assert (only.state, only.last_error) == (State.FAILED, "the target says no")


async def test_half_a_secret_that_stays_is_tried_again_later_not_at_once(stage: RotationStage) -> None:
    """The target takes the new password, then nothing more: neither the new key nor the old password."""
    credential_id = await stage.login("app", "both")

    def fault(name: str) -> None:
        if name == "change_password done":
            stage.target.refuses = {"change_password", "change_key"}

    stage.target.fault = fault
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    async with asyncio.timeout(20):  # a pass that goes round and round would never come back
        await stage.turn()
    await stage.check_reachable(credential_id, "app")
    (only,) = await stage.rotations(credential_id)
    assert (only.state, only.last_error) == (State.ROTATING_PASSWORD, "the target says no")
    stage.target.refuses, stage.target.fault = set(), lambda name: None
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert (await stage.rotations(credential_id))[0].state == State.COMPLETED


@pytest.mark.parametrize(("reason", "state"), [(Reason.SCHEDULE, State.FAILED), (Reason.ASKED, State.COMPLETED)])
async def test_another_secret_on_the_target_is_reset_only_if_asked(
    stage: RotationStage, reason: Reason, state: State
) -> None:
    credential_id = await stage.login("app")
    stage.target.accounts["app"].password = "changed by hand"
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, reason)
    await stage.settle()
    (only,) = await stage.rotations(credential_id)
    assert only.state == state
    status = (await stage.managed(credential_id)).status
    if state == State.FAILED:
        assert stage.target.accounts["app"].password == "changed by hand"
        assert status == Verified.MISMATCH
    else:
        await stage.check_ended(credential_id, "app")
        assert status == Verified.VERIFIED


async def test_an_old_secret_comes_back_with_all_that_depend_on_it(stage: RotationStage) -> None:
    credential_id = await stage.login("app", dependants=2)
    before = await stage.current(credential_id)
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    await stage.settle()
    assert await stage.current(credential_id) != before
    await stage.database.write(ask.ask_rollback, stage.work.vault, ACTOR, credential_id)
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert await stage.current(credential_id) == before
    first, second = await stage.rotations(credential_id)
    assert (second.reason, second.rollback_of, second.state) == (Reason.ROLLBACK, first.id, State.COMPLETED)


async def test_without_an_earlier_version_nothing_rolls_back(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    with pytest.raises(Conflict, match="no earlier version"):
        await stage.database.write(ask.ask_rollback, stage.work.vault, ACTOR, credential_id)
    assert await stage.rotations(credential_id) == []


async def test_a_version_that_is_gone_by_its_turn_changes_nothing(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    await stage.settle()
    now = await stage.current(credential_id)
    await stage.database.write(ask.ask_rollback, stage.work.vault, ACTOR, credential_id)
    await stage.database.write(
        lambda tx: stage.work.vault.prune(
            tx, get_credential(tx, credential_id).password_secret_id, keep=0, older_than=None
        )
    )
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert await stage.current(credential_id) == now
    last = (await stage.rotations(credential_id))[-1]
    assert (last.state, last.last_error) == (
        State.FAILED,
        "no earlier version of this credential's secret is kept",
    )


async def test_pausing_waits_and_resuming_goes_on(stage: RotationStage) -> None:
    credential_id = await stage.login("app", dependants=1)
    rotation_id = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    await stage.database.write(ask.pause, ACTOR, rotation_id)
    await stage.turn()
    assert (await stage.rotations(credential_id))[0].started_at is None
    await stage.database.write(ask.resume, ACTOR, rotation_id)
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    for again in (ask.pause, ask.resume, ask.abort):
        with pytest.raises(Conflict):
            await stage.database.write(again, ACTOR, rotation_id)


@pytest.mark.parametrize("moment", [None, "change_password done", "update done"])
async def test_the_pause_of_a_restored_copy_stops_a_rotation_before_the_next_target(
    stage: RotationStage, moment: str | None
) -> None:
    """Before the account, its first dependant or its second: nothing is touched, and nothing is given up for it."""
    credential_id = await stage.login("app", dependants=2)
    before = dict(stage.target.stored)
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    (held,) = await stage.claim()
    touched: list[str] = []

    def note(name: str) -> None:
        if name == moment:
            stage.database.submit_write(pause.begin, "a test").result()
            touched.clear()
        else:
            touched.append(name)

    stage.target.fault = note
    if moment is None:
        await stage.database.write(pause.begin, "a test")
    with pytest.raises(pause.Paused):
        await rotate(stage.work, held)
    assert "open" not in touched
    (only,) = await stage.rotations(credential_id)
    assert only.ended_at is None
    told = [name for name, stored in stage.target.stored.items() if stored != before[name]]
    assert len(told) == {None: 0, "change_password done": 0, "update done": 1}[moment]
    assert await stage.claim() == []
    await stage.database.write(pause.end)
    stage.target.fault = lambda name: None
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert (await stage.rotations(credential_id))[0].state == State.COMPLETED


async def test_giving_up_before_anything_was_touched(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    before = await stage.current(credential_id)
    rotation_id = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    await stage.database.write(ask.abort, ACTOR, rotation_id)
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert (await stage.rotations(credential_id))[0].state == State.ABORTED
    assert await stage.current(credential_id) == before


async def test_giving_up_afterwards_puts_everything_back(stage: RotationStage, boundaries: Boundaries) -> None:
    credential_id = await stage.login("app", dependants=2)
    before = await stage.current(credential_id)
    rotation_id = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    stage.target.fault = lambda name: (_ for _ in ()).throw(Killed) if name == "update" else None
    await once(stage)
    await stage.database.write(ask.abort, ACTOR, rotation_id)
    stage.target.fault = boundaries
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert await stage.current(credential_id) == before
    assert [one.state for one in await stage.rotations(credential_id)] == [State.FAILED, State.COMPLETED]


async def test_a_second_wish_finds_the_rotation_under_way(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    first = await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    assert await stage.database.write(ask.change_secret, credential_id, Reason.RELEASE) == first
    with pytest.raises(Conflict):
        await stage.database.write(ask.ask_rollback, stage.work.vault, ACTOR, credential_id)


async def test_a_login_nobody_managed_becomes_manual(stage: RotationStage) -> None:
    credential_id = await stage.login("app", method=Method.NOT_MANAGED)
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    assert (await stage.managed(credential_id)).method == Method.MANUAL
