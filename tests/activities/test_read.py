"""The lists of activities and connection profiles: by name, one statement each."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.activities.model import activity, connection_profile
from locum.activities.read import activities, connection_profiles
from locum.kit.db import Database
from statements import selects
from world import make_world

pytestmark = pytest.mark.anyio


async def test_what_is_there_by_name(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    found = await database.read(activities)
    names = ["Credential Release", "Linux shell", "Linux sudo", "MySQL login", "PostgreSQL login"]
    assert [row.name for row in found] == names
    assert [row.id for row in found[1:3]] == [world.shell, world.sudo]
    (profile,) = await database.read(connection_profiles)
    assert (profile.name, profile.record, profile.max_session_minutes) == ("Default", True, 60)
    with selects(database) as seen:
        await database.read(activities)
    assert len(seen) == 1
    await copy(database, activity, world.sudo, 300, name="a", name_key="a")
    await copy(database, connection_profile, profile.id, 3, name="P")
    with selects(database) as seen:
        assert len(await database.read(activities)) == 305
    assert len(seen) == 1
    assert [row.name for row in await database.read(connection_profiles)] == ["Default", "P0000", "P0001", "P0002"]


async def test_nothing_is_an_empty_list(database: Database) -> None:
    assert await database.read(activities) == []
    assert await database.read(connection_profiles) == []
    assert await database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(activity))) == 0
