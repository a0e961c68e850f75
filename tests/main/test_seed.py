"""What every installation begins with, once however often it is seeded."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.activities.model import activity, activity_action, connection_profile
from locum.activities.read import activities, connection_profiles
from locum.credentials.complexities import complexities
from locum.credentials.complexity import check_rule
from locum.credentials.model import history_option, schedule
from locum.credentials.schedule import Timing, check_timing
from locum.credentials.schedules import schedules
from locum.kit.db import Database
from locum.main.seed import seed
from locum.resources.model import platform
from locum.resources.platforms import platforms


@pytest.mark.anyio
async def test_seeding_twice_is_seeding_once(database: Database) -> None:
    await database.write(seed)
    await database.write(seed)
    assert [p.name for p in await database.read(platforms)] == [
        "Linux",
        "MySQL",
        "PostgreSQL",
        "Secret Vault",
    ]
    assert [a.name for a in await database.read(activities)] == [
        "Credential Release",
        "Linux shell",
        "Linux sudo",
        "MySQL login",
        "PostgreSQL login",
    ]
    (profile,) = await database.read(connection_profiles)
    assert (profile.is_default, profile.record, profile.max_session_minutes) == (True, True, 60)
    assert {s.name for s in await database.read(schedules)} == {
        *("Hourly", "Daily", "Weekly", "Monthly", "Every 90 days")
    }
    for timing in await database.read(schedules):
        assert check_timing(Timing(**{name: getattr(timing, name) for name in Timing.__struct_fields__}))
    (complexity,) = await database.read(complexities)
    check_rule(complexity)
    assert complexity.is_default
    for table, count in (
        (platform, 4),
        (schedule, 5),
        (history_option, 1),
        (activity, 5),
        (activity_action, 1),
        (connection_profile, 1),
    ):
        found = sa.select(sa.func.count()).select_from(table)
        assert await database.read(lambda tx, q=found: tx.scalar(q)) == count


@pytest.mark.anyio
async def test_an_earlier_installation_gets_what_it_lacks(database: Database) -> None:
    await database.write(seed)
    linux = platform.c.name == "Linux"
    of_linux = activity.c.platform_id.in_(sa.select(platform.c.id).where(linux))
    await database.write(lambda tx: tx.run(sa.delete(activity).where(~of_linux)))
    await database.write(lambda tx: tx.run(sa.delete(platform).where(~linux)))
    await database.write(lambda tx: tx.run(sa.update(platform).values(permanent=False)))
    await database.write(lambda tx: tx.run(sa.delete(schedule).where(schedule.c.name != "Daily")))
    await database.write(seed)
    assert all(p.permanent for p in await database.read(platforms))
    assert len(await database.read(platforms)) == 4
    assert [s.name for s in await database.read(schedules)] == ["Daily"]  # those that were deleted stay so
