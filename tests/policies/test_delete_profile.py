"""A connection profile goes when no policy has it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.activities.profiles import add_profile
from locum.activities.read import connection_profiles
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.policies.add import Members, add_policy
from locum.policies.delete_profile import delete_profile
from locum.policies.model import policy
from statements import holds
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_it_says_which_policies_have_it(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    profile = await database.write(add_profile, ACTOR, name="P")
    for name in ("a", "b", "c", "d"):
        with holds(database) as held:
            await database.write(add_policy, ACTOR, name=name, members=Members(), connection_profile_id=profile.id)
        assert "connection_profile" in held
    with pytest.raises(Conflict, match="“a”, “b”, “c” and others"):
        await database.write(delete_profile, ACTOR, profile.id)
    mine = policy.c.connection_profile_id == profile.id
    await database.write(
        lambda tx: tx.run(sa.update(policy).where(mine, policy.c.name != "d").values(is_deleted=True))
    )
    with pytest.raises(Conflict, match=r"policies “d”$"):
        await database.write(delete_profile, ACTOR, profile.id)
    await database.write(lambda tx: tx.run(sa.update(policy).where(mine).values(is_deleted=True)))
    with holds(database) as held:
        await database.write(delete_profile, ACTOR, profile.id)
    assert held[0] == "connection_profile"
    assert [row.name for row in await database.read(connection_profiles)] == ["Default"]
    with pytest.raises(Invalid, match="no connection profile"):
        await database.write(add_policy, ACTOR, name="e", members=Members(), connection_profile_id=profile.id)
    for gone in (profile.id, new_id()):
        with pytest.raises(NotFound):
            await database.write(delete_profile, ACTOR, gone)


async def test_the_default_one_stays(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    (default,) = await database.read(connection_profiles)
    await database.write(
        lambda tx: tx.run(sa.update(policy).where(policy.c.id == world.policy).values(is_deleted=True))
    )
    with pytest.raises(Conflict, match="default"):
        await database.write(delete_profile, ACTOR, default.id)
