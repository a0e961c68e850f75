"""Favourites and what was asked for last: in a number of statements that does not grow, and without what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.activities.read import release_activity
from locum.credentials.model import credential
from locum.kit.db import Database
from locum.policies.favourites import Aim, keep
from locum.policies.model import PolicyType
from locum.reads.shortcuts import aim_of, shortcuts
from locum.sessions.model import access_session
from policies_world import login, policy
from reads.test_sessions import ask
from statements import selects
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_resources_and_credentials_in_few_statements(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    root = await login(database, world.vault, "root")
    release = await database.read(release_activity)
    await policy(
        database, "secrets", identities=[world.person], credentials=[root], policy_type=PolicyType.CREDENTIAL
    )
    for aim in (Aim(world.sudo, world.resource, None), Aim(release, None, root)):
        thing = aim.resource_id or aim.credential_id
        assert await database.read(aim_of, world.person, aim.activity_id, thing, key_policies=None) == aim
        await database.write(keep, ACTOR, world.person, aim)
    for activity in (world.sudo, world.shell):
        await copy(database, access_session, await ask(database, world, activity_id=activity), 60)
    with selects(database) as statements:
        kept, recent = await database.read(shortcuts, world.person)
    assert len(statements) == 6
    assert [(one.activity_name, one.thing_name) for one in kept] == [
        ("Credential Release", "root"),
        ("Linux sudo", "web01"),
    ]
    assert [(one.activity_name, one.is_favourite) for one in recent] == [("Linux shell", False)]

    assert await database.read(lambda tx: shortcuts(tx, world.person, key_policies=set())) == ([], [])
    await database.write(lambda tx: tx.run(sa.update(credential).values(deleted_at=tx.now)))
    kept, _ = await database.read(shortcuts, world.person)
    assert [one.thing_name for one in kept] == ["web01"]
