"""What is due is planned in a bounded number of statements, once, whatever the clock does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from bench.credential_rows import fill

from locum.credentials.model import Method, managed_user
from locum.kit.db import Database
from locum.kit.jobs import job
from locum.main.seed import seed
from locum.rotation import ask, due
from locum.rotation.due import plan_due
from locum.rotation.model import Reason, rotation
from rotation_stage import RotationStage
from world import ACTOR

pytestmark = pytest.mark.anyio


PAST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


async def set_all(stage: RotationStage, **values: Any) -> None:
    await stage.database.write(lambda tx: tx.run(sa.update(managed_user).values(values)))


async def make_due(stage: RotationStage) -> None:
    """Everything on the resource was made long ago, and the sweep is to look at it."""
    await stage.hourly()
    await set_all(stage, created_at=PAST, next_change_at=PAST, next_verification_at=PAST)


async def count(stage: RotationStage, table: sa.Table) -> int:
    found: int = await stage.database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(table)))
    return found


async def test_what_is_due_begins_once(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    await stage.login("by hand", method=Method.MANUAL)
    await make_due(stage)
    assert await stage.database.write(plan_due) == 4
    assert await stage.database.write(plan_due) == 0
    (only,) = await stage.rotations(credential_id)
    assert (only.reason, only.requested_by_name) == (Reason.SCHEDULE, "locum")
    assert (await count(stage, rotation), await count(stage, job)) == (1, 3)
    assert (await stage.managed(credential_id)).next_change_at is None


async def test_what_lies_ahead_waits(stage: RotationStage) -> None:
    await stage.login("app")
    await stage.hourly()
    await set_all(stage, next_change_at=dt.datetime(2999, 1, 1, tzinfo=dt.UTC))
    assert await stage.database.write(plan_due) == 0


async def test_the_rules_of_today_decide(stage: RotationStage) -> None:
    """Dates are only when to look: what was changed a moment ago is put off, what has no schedule any more rests."""
    credential_id = await stage.login("app")
    await set_all(stage, next_change_at=PAST, next_verification_at=PAST)
    assert await stage.database.write(plan_due) == 2
    managed = await stage.managed(credential_id)
    assert (managed.next_change_at, managed.next_verification_at) == (None, None)
    await stage.hourly()
    await set_all(stage, next_change_at=PAST, next_verification_at=PAST)
    assert await stage.database.write(plan_due) == 2
    assert await count(stage, job) == 0
    managed = await stage.managed(credential_id)
    hour_on = managed.created_at + dt.timedelta(hours=1)
    assert (managed.next_change_at, managed.next_verification_at) == (hour_on, hour_on)


async def test_a_rotation_or_verification_under_way_is_not_doubled(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    await stage.database.write(ask.ask_rotation, ACTOR, credential_id, Reason.ASKED)
    await stage.database.write(ask.ask_verification, ACTOR, credential_id)
    await make_due(stage)
    await stage.database.write(plan_due)
    assert (await count(stage, rotation), await count(stage, job)) == (1, 2)


async def test_planned_rotations_are_carried_out(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    before = await stage.current(credential_id)
    await stage.hourly()
    await set_all(stage, created_at=PAST, next_change_at=PAST)
    await stage.database.write(plan_due)
    await stage.settle()
    await stage.check_ended(credential_id, "app")
    assert await stage.current(credential_id) != before
    managed = await stage.managed(credential_id)
    assert managed.next_change_at == managed.last_changed_at + dt.timedelta(hours=1)


async def test_the_number_of_statements_does_not_grow(
    stage: RotationStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in range(12):
        await stage.login(f"app{name}")
    await make_due(stage)
    sent = []
    for batch in (1, 2, 9):
        monkeypatch.setattr(due, "BATCH", batch)
        statements: list[str] = []
        listener = lambda *told, seen=statements: seen.append(told[2])  # noqa: E731
        sa.event.listen(stage.database.engine, "before_cursor_execute", listener)
        assert await stage.database.write(plan_due) == 2 * batch
        sa.event.remove(stage.database.engine, "before_cursor_execute", listener)
        sent.append(len([one for one in statements if "job" in one or "rotation" in one or "managed" in one]))
    assert sent == [sent[0]] * 3
    assert sent[0] < 20


async def test_the_number_of_statements_does_not_grow_with_the_credentials(database: Database) -> None:
    """A hundred logins of five thousand are due: all begin, with as many statements as one needs."""
    await database.write(seed)
    fill(database, 5000)
    statements: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    assert await database.write(plan_due) == 100
    assert len([one for one in statements if "job" in one or "rotation" in one or "managed" in one]) < 20
    begun = await database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(rotation)))
    assert 97 <= begun <= 100  # three were changed less than an hour ago, when the test began
    statements.clear()
    assert await database.write(plan_due) == 0
