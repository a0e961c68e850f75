"""Passwords and dates by the rules of a credential."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from locum.credentials import complexity
from locum.credentials.model import password_complexity
from locum.credentials.schedule import Frequency, Timing
from locum.rotation.rules import new_password, next_instant
from rotation_stage import RotationStage

pytestmark = pytest.mark.anyio
NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


def test_a_schedule_says_when() -> None:
    assert next_instant(Timing(Frequency.MINUTES, 15, None, None, None, "UTC"), NOW) == NOW + dt.timedelta(
        minutes=15
    )
    assert next_instant(None, NOW) is None


async def test_passwords_follow_the_rule_or_locums_own(stage: RotationStage) -> None:
    credential_id = await stage.login("app")
    await stage.database.write(lambda tx: tx.run(sa.update(password_complexity).values(length=37)))
    assert len((await stage.database.read(new_password, credential_id)).reveal_text()) == 37
    await stage.database.write(lambda tx: tx.run(sa.update(password_complexity).values(is_default=False)))
    made = await stage.database.read(new_password, credential_id)
    assert complexity.obeys(made.reveal_text(), complexity.BUILT_IN)
