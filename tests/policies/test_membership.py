"""Members added and taken out in bulk: what fails alone, what is refused as a whole, and what is written down."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import details
from locum.identities.caller import Caller, Role
from locum.identities.key_bounds import KeyBounds
from locum.kit.db import Database
from locum.kit.errors import Forbidden, Invalid, NotFound
from locum.kit.permissions import Permission
from locum.policies.groups import ACTIVITIES, PEOPLE, RESOURCES
from locum.policies.members import Members, members_of
from locum.policies.membership import (
    Done,
    add_members,
    add_to_many,
    remove_from_all,
    remove_from_many,
    remove_members,
)
from locum.policies.model import PolicyType
from locum.policies.model import policy as policies
from policies_world import ADMIN, group, holder, host, login, policy
from world import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def joined(database: Database, policy_id: UUID) -> Members:
    return await database.read(members_of, policy_id)


async def test_what_is_unknown_fails_alone_and_twice_is_once(database: Database, world: World) -> None:
    db02, web = await host(database, "db02"), await group(database, RESOURCES, "web")
    wanted = {"resources": [db02, db02, world.resource, uuid4(), world.person], "resource_groups": [web, uuid4()]}
    assert await database.write(add_members, ADMIN, world.policy, wanted) == Done(2, 3)
    assert await database.write(add_members, ADMIN, world.policy, wanted) == Done(0, 3)
    found = await joined(database, world.policy)
    assert (set(found.resources), found.resource_groups) == ({world.resource, db02}, [web])
    assert details(database, "policy.member_added", world.policy) == [
        {"policy": "admins", "resource": "db02"},
        {"policy": "admins", "resource_group": "web"},
    ]
    assert await database.write(remove_members, ADMIN, world.policy, wanted) == Done(3, 3)
    assert await database.write(remove_members, ADMIN, world.policy, wanted) == Done(0, 3)
    found = await joined(database, world.policy)
    assert (found.resources, found.resource_groups) == ([], [])
    removed = details(database, "policy.member_removed", world.policy)
    assert sorted(row.get("resource", "group") for row in removed) == ["db02", "group", "web01"]
    changed = sa.select(policies.c.modified_at > policies.c.created_at).where(policies.c.id == world.policy)
    assert await database.read(lambda tx: tx.scalar(changed))


async def test_people_and_groups(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends")
    wanted = {"identities": [world.stranger, friends], "groups": [friends, world.stranger]}
    assert await database.write(add_members, ADMIN, world.policy, wanted) == Done(2, 2)
    found = await joined(database, world.policy)
    assert (set(found.identities), found.groups) == ({world.person, world.stranger}, [friends])


async def test_a_custom_role_within_its_bounds(database: Database, world: World) -> None:
    users, activities = Permission.POLICIES_USERS_MODIFY, Permission.POLICIES_ACTIVITIES_MODIFY
    mine = holder(users, policy=world.policy, identity=world.stranger)
    people = {"identities": [world.stranger]}
    assert await database.write(add_members, mine, world.policy, people) == Done(1, 0)
    before = await joined(database, world.policy)
    both = await group(database, ACTIVITIES, "both", world.sudo)
    one = holder(activities, policy=world.policy, activity=world.sudo)
    for who, wanted in (
        (mine, {"identities": [world.stranger, world.person]}),
        (mine, {"resources": [world.resource]}),
        (one, {"activity_groups": [both]}),  # what is put into the group later is not within the role's bounds
        (holder(users, policy=uuid4()), people),
        (holder(users, policy=world.policy), {"credentials": [uuid4()]}),
    ):
        for step in (add_members, remove_members):
            with pytest.raises(Forbidden):
                await database.write(step, who, world.policy, wanted)
    assert await joined(database, world.policy) == before
    anything = holder(activities, policy=world.policy)
    assert await database.write(add_members, anything, world.policy, {"activity_groups": [both]}) == Done(1, 0)


async def test_a_key_for_listed_credentials_gives_no_other_away(database: Database, world: World) -> None:
    mine, other = [await login(database, world.vault, name) for name in ("mine", "other")]
    made = await policy(database, "secrets", policy_type=PolicyType.CREDENTIAL)
    roles, permissions = frozenset({Role.APP}), frozenset({Permission.POLICIES_POLICY_MODIFY})
    key = KeyBounds(uuid4(), credentials=frozenset({mine}))
    robot = Caller(uuid4(), "robot", "application", roles, permissions, None, key=key)
    with pytest.raises(Forbidden, match="not for that credential"):
        await database.write(add_members, robot, made.id, {"credentials": [mine, other]})
    assert await database.write(add_members, robot, made.id, {"credentials": [mine]}) == Done(1, 0)


async def test_one_identity_in_many_policies(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends")
    ids = [(await policy(database, f"p{number}")).id for number in range(3)]
    gone = await policy(database, "gone")
    await database.write(
        lambda tx: tx.run(sa.update(policies).where(policies.c.id == gone.id).values(is_deleted=True))
    )
    wanted = [*ids, ids[0], uuid4(), gone.id]
    assert await database.write(add_to_many, ADMIN, "groups", friends, wanted) == Done(3, 2)
    assert await database.write(add_to_many, ADMIN, "groups", friends, []) == Done(0, 0)
    assert await database.write(remove_from_many, ADMIN, "groups", friends, [ids[0], world.policy]) == Done(1, 0)
    assert await database.write(remove_from_all, ADMIN, "groups", friends) == sorted(ids[1:])
    assert [(await joined(database, one)).groups for one in ids] == [[], [], []]


async def test_what_cannot_be(database: Database, world: World) -> None:
    with pytest.raises(NotFound):
        await database.write(add_members, ADMIN, uuid4(), {"identities": [world.person]})
    many = [uuid4() for _ in range(5_001)]
    with pytest.raises(Invalid, match="at most 5000"):
        await database.write(add_members, ADMIN, world.policy, {"identities": many})
    with pytest.raises(Invalid, match="at most 5000"):
        await database.write(add_to_many, ADMIN, "identities", world.person, many)
