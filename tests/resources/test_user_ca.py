"""Which hosts trust the user CA is told once and audited."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from audited import details
from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.resources.add import get_resource
from locum.resources.model import resource
from locum.resources.user_ca import set_trust
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_what_is_told_is_kept_and_audited_once(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    for trusted in (True, True, False):
        await database.write(set_trust, ACTOR, world.resource, trusted=trusted)
        assert (await database.read(get_resource, world.resource)).trusts_user_ca is trusted
    assert [row["trusted"] for row in details(database, "resource.user_ca_changed")] == [True, False]


async def test_only_a_host_can_trust(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    with pytest.raises(NotFound):
        await database.write(set_trust, ACTOR, new_id(), trusted=True)
    await database.write(lambda tx: tx.run(sa.update(resource).values(type=4)))
    with pytest.raises(Conflict):
        await database.write(set_trust, ACTOR, world.resource, trusted=True)
