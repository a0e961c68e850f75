"""A policy is added with all its members or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.identities.remove import remove
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.policies.add import add_policy, get_policy
from locum.policies.decide import Approval
from locum.policies.members import Members, members_of
from locum.policies.model import Policy, policy
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def add(database: Database, **values: Any) -> Policy:
    return await database.write(add_policy, ACTOR, **{"name": "new", "members": Members(), **values})


async def test_members_are_joined_once(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    members = Members([world.person, world.stranger, world.person], [world.resource], [world.sudo])
    made = await add(database, name=" New ", members=members, priority=3, notes_required=True)
    assert (made.name, made.name_key, made.priority, made.notes_required) == ("New", "new", 3, True)
    joined = await database.read(members_of, made.id)
    assert joined == Members(sorted([world.person, world.stranger]), [world.resource], [world.sudo])
    assert await database.read(get_policy, made.id) == made


async def test_absent_means_allow_and_the_default_profile(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    default = await database.read(lambda tx: tx.scalar(sa.select(connection_profile.c.id)))
    made = await add(database)
    assert (made.approval, made.connection_profile_id) == (Approval.ALLOW, default)
    assert (await add(database, name="no", approval=Approval.DENY)).approval == Approval.DENY
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values(is_default=False)))
    with pytest.raises(Invalid, match="profile"):
        await add(database, name="without a profile")
    assert (await add(database, name="with", connection_profile_id=default)).connection_profile_id == default


async def test_a_member_that_is_not_there_leaves_nothing(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    for members, field in (
        (Members([new_id()]), "managedAccountIds"),
        (Members([world.person], [world.person]), "managedResourceIds"),
        (Members([world.person], [world.resource], [world.sudo, new_id()]), "activityIds"),
    ):
        with pytest.raises(Invalid) as refusal:
            await add(database, members=members)
        assert refusal.value.field == field
    assert await database.read(lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(policy))) == 1


async def test_a_name_is_taken_in_every_spelling(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    for name in ("admins", " ADMINS"):
        with pytest.raises(Conflict):
            await add(database, name=name)


async def test_a_deleted_policy_is_not_found(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_deleted=True)))
    for policy_id in (world.policy, new_id()):
        with pytest.raises(NotFound):
            await database.read(get_policy, policy_id)


async def test_a_deleted_person_is_no_member(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(remove, world.vault, ACTOR, world.stranger)
    with pytest.raises(Invalid, match="managedAccountIds"):
        await add(database, name="new", members=Members([world.stranger], [], []))
