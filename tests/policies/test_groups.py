"""Sets that policies join: each sort is made, filled, changed and deleted under the same rules."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from audited import details
from locum.identities import people
from locum.identities.model import Kind
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.paging import Page
from locum.policies.add import get_policy
from locum.policies.groups import (
    ACTIVITIES,
    COLLECTIONS,
    PEOPLE,
    RESOURCES,
    Sort,
    add_group,
    add_things,
    all_members,
    change_group,
    delete_group,
    group_of,
    groups,
    members,
    refuse_joined_identity,
    remove_things,
)
from locum.policies.status import delete_policy
from locum.sessions.leave import leave
from policies_world import group, policy
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

FIELD = {"activity_group": "activity_groups", "resource_group": "resource_groups"}


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


def thing(world: World, sort: Sort) -> UUID:
    return {"activity": world.sudo, "resource": world.resource, "identity": world.person}[sort.detail]


@pytest.mark.parametrize("sort", [ACTIVITIES, RESOURCES, PEOPLE, COLLECTIONS], ids=lambda sort: sort.kind)
async def test_a_set_s_life(database: Database, world: World, sort: Sort) -> None:
    made = await database.write(add_group, ACTOR, sort, name="Both Of Them", description="d")
    one = thing(world, sort)
    assert await database.write(add_things, ACTOR, sort, made.id, [one, one]) == 1
    assert await database.write(add_things, ACTOR, sort, made.id, [one]) == 0
    assert [member.id for member in await database.read(all_members, sort, made.id)] == [one]
    found = await database.read(members, sort, made.id, Page(filter_text="no such name"))
    assert (found.rows, found.total) == ([], 0)
    found = await database.read(members, sort, made.id, Page(order_by="name"))
    assert ([member.id for member in found.rows], found.total) == ([one], 1)
    changed = await database.write(change_group, ACTOR, sort, made.id, name="Others", description="")
    assert (changed.name, changed.description) == ("Others", None)
    assert await database.write(change_group, ACTOR, sort, made.id, name="Others") == changed
    assert await database.read(groups, sort) == [changed]
    joins = await policy(database, "joins", **{FIELD.get(sort.kind, "groups"): [made.id]})
    with pytest.raises(Conflict, match="is in 1 access policy"):
        await database.write(delete_group, ACTOR, sort, made.id)
    await database.write(delete_policy, ACTOR, joins.id)
    assert await database.write(remove_things, ACTOR, sort, made.id, [one, uuid4()]) == 1
    assert await database.write(add_things, ACTOR, sort, made.id, [one]) == 1
    await database.write(delete_group, ACTOR, sort, made.id)
    assert await database.read(groups, sort) == []
    told = {action: details(database, f"{sort.kind}.{action}", made.id) for action in ("changed", "deleted")}
    assert told == {
        "changed": [{"name": "Others", "fields": "description, name"}],
        "deleted": [{"name": "Others"}],
    }
    added = details(database, f"{sort.kind}.member_added", made.id)
    assert [row["name"] for row in added] == ["Both Of Them", "Others"]
    assert all(row[sort.detail] for row in added)
    assert len(details(database, f"{sort.kind}.member_removed", made.id)) == 1
    again = await database.write(add_group, ACTOR, sort, name="others")
    assert again.id != made.id


@pytest.mark.parametrize("sort", [ACTIVITIES, RESOURCES, PEOPLE, COLLECTIONS], ids=lambda sort: sort.kind)
async def test_what_cannot_be(database: Database, world: World, sort: Sort) -> None:
    one, two = await group(database, sort, "one"), await group(database, sort, "two")
    taken = Invalid if sort.holds else Conflict
    for name, error in (("ONE", taken), ("", Invalid), (None, Invalid)):
        with pytest.raises(error):
            await database.write(add_group, ACTOR, sort, name=name)
    with pytest.raises(taken):
        await database.write(change_group, ACTOR, sort, two, name="One")
    for ids in ([], [uuid4()], [one], [uuid4() for _ in range(5_001)]):
        with pytest.raises(Invalid):
            await database.write(add_things, ACTOR, sort, two, ids)
    for step, more in ((change_group, {}), (delete_group, {}), (add_things, {"ids": [thing(world, sort)]})):
        with pytest.raises(NotFound, match=sort.word):
            await database.write(step, ACTOR, sort, uuid4(), **more)
    other = PEOPLE if sort is COLLECTIONS else COLLECTIONS
    with pytest.raises(NotFound):
        await database.read(group_of, other, one)


async def test_a_collection_holds_groups_and_a_group_holds_none(database: Database, world: World) -> None:
    friends, all_of_us = await group(database, PEOPLE, "friends"), await group(database, COLLECTIONS, "all of us")
    assert await database.write(add_things, ACTOR, COLLECTIONS, all_of_us, [friends, world.person]) == 2
    kinds = {member.name: member.kind for member in await database.read(all_members, COLLECTIONS, all_of_us)}
    assert kinds == {"Alice": Kind.LOCAL, "friends": Kind.GROUP}
    for inside in (friends, all_of_us):
        with pytest.raises(Invalid):
            await database.write(add_things, ACTOR, PEOPLE, friends, [inside])


async def test_who_is_deleted_is_in_nothing_any_more(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends", world.stranger)
    await database.write(leave, world.vault, ACTOR, world.stranger)
    assert await database.read(all_members, PEOPLE, friends) == []
    made = await policy(database, "theirs", groups=[friends])
    with pytest.raises(Conflict, match="this group is in 1 access policy"):
        await database.write(leave, world.vault, ACTOR, friends)
    with pytest.raises(Conflict):
        await database.read(refuse_joined_identity, friends, Kind.GROUP)
    await database.read(refuse_joined_identity, world.person, Kind.LOCAL)
    await database.write(delete_policy, ACTOR, made.id)
    await database.write(leave, world.vault, ACTOR, friends)
    assert await database.read(groups, PEOPLE) == []
    assert (await database.read(get_policy, made.id, deleted_too=True)).is_deleted
    with pytest.raises(NotFound):
        await database.read(people.get, friends)
