"""Which hosts may be spoken to in weak ways is told once and audited."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from audited import details
from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.resources.add import get_resource
from locum.resources.legacy_algorithms import allow_legacy
from locum.resources.model import resource
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_what_is_told_is_kept_and_audited_once(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    assert (await database.read(get_resource, world.resource)).legacy_algorithms is False
    for allowed in (True, True, False):
        await database.write(allow_legacy, ACTOR, world.resource, allowed=allowed)
        assert (await database.read(get_resource, world.resource)).legacy_algorithms is allowed
    assert [row["allowed"] for row in details(database, "resource.legacy_algorithms_changed")] == [True, False]


async def test_only_a_host_speaks_ssh(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    with pytest.raises(NotFound):
        await database.write(allow_legacy, ACTOR, new_id(), allowed=True)
    await database.write(lambda tx: tx.run(sa.update(resource).values(type=4)))
    with pytest.raises(Conflict):
        await database.write(allow_legacy, ACTOR, world.resource, allowed=True)
