"""What every installation begins with, once however often it is seeded."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.activities.model import activity, activity_action, connection_profile
from locum.activities.read import activities, connection_profiles
from locum.kit.db import Database
from locum.main.seed import seed
from locum.resources.add import platforms
from locum.resources.model import platform


@pytest.mark.anyio
async def test_seeding_twice_is_seeding_once(database: Database) -> None:
    await database.write(seed)
    await database.write(seed)
    assert [p.name for p in await database.read(platforms)] == ["Linux"]
    assert [a.name for a in await database.read(activities)] == ["Linux shell", "Linux sudo"]
    (profile,) = await database.read(connection_profiles)
    assert (profile.is_default, profile.record, profile.max_session_minutes) == (True, True, 60)
    for table, count in ((platform, 1), (activity, 2), (activity_action, 1), (connection_profile, 1)):
        found = sa.select(sa.func.count()).select_from(table)
        assert await database.read(lambda tx, q=found: tx.scalar(q)) == count
