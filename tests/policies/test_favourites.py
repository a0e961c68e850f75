"""One's own favourites: each once, and not more than a short list."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound
from locum.policies import favourites
from locum.policies.favourites import Aim, drop, favourites_of, keep
from locum.sessions.leave import leave
from policies_world import host
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_each_is_kept_once_and_few(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(database, tmp_path)
    monkeypatch.setattr(favourites, "MOST", 2)
    aims = [Aim(world.sudo, await host(database, f"db{n}"), None) for n in range(3)]
    for aim in (aims[0], aims[0], aims[1]):
        await database.write(keep, ACTOR, world.person, aim)
    assert await database.read(favourites_of, world.person) == aims[:2]
    with pytest.raises(Conflict):
        await database.write(keep, ACTOR, world.person, aims[2])
    await database.write(drop, ACTOR, world.person, world.sudo, aims[0].resource_id)
    with pytest.raises(NotFound):
        await database.write(drop, ACTOR, world.person, world.sudo, aims[0].resource_id)
    await database.write(keep, ACTOR, world.person, aims[2])
    assert await database.read(favourites_of, world.person) == aims[1:]
    await database.write(leave, world.vault, ACTOR, world.person)
    count = sa.select(sa.func.count()).select_from(favourites.favourite)
    assert await database.read(lambda tx: tx.scalar(count)) == 0
