"""Lists and views of policies: which there are, whole, in a fixed number of statements."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from locum.identities.key_bounds import KeyBounds
from locum.kit.db import Database
from locum.kit.errors import Invalid, NotFound
from locum.kit.paging import Page
from locum.policies.groups import ACTIVITIES, COLLECTIONS, PEOPLE, RESOURCES
from locum.policies.model import PolicyType
from locum.policies.status import delete_policy, set_status
from locum.reads.policies import joining, listed, on_resource, one, some, without_group
from policies_world import ADMIN, group, policy
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def test_a_status_shows_exactly_its_policies(database: Database, world: World) -> None:
    for name, deleted, disabled in (("off", False, True), ("gone", True, False), ("both", True, True)):
        made = await policy(database, name)
        await database.write(set_status, ACTOR, made.id, is_deleted=deleted, is_disabled=disabled)
    first = await policy(database, "zero", priority=-1)

    async def names(**status: bool) -> list[str]:
        return [view.row.name for view in await database.read(listed, caller=ADMIN, **status)]

    assert await names() == ["zero", "admins"]
    assert await names(is_disabled=True) == ["off"]
    assert await names(is_deleted=True) == ["gone"]
    assert await names(is_deleted=True, is_disabled=True) == ["both"]
    assert sorted(await names(any_status=True)) == ["admins", "both", "gone", "off", "zero"]
    bounded = replace(ADMIN, key=KeyBounds(uuid4(), policies=frozenset({first.id})))
    assert [view.row.name for view in await database.read(listed, caller=bounded)] == ["zero"]


async def test_a_view_is_whole(database: Database, world: World) -> None:
    both = await group(database, ACTIVITIES, "both", world.sudo)
    made = await policy(database, "p", activities=[world.sudo, world.shell], activity_groups=[both])
    view = await database.read(one, made.id)
    assert [row.name for row in view.activities] == ["Linux shell", "Linux sudo"]
    assert [row.name for row in view.activity_groups] == ["both"]
    assert (view.row.profile_name, view.row.profile_minutes) == ("Default", 60)
    with pytest.raises(NotFound):
        await database.read(one, uuid4())
    await database.write(delete_policy, ACTOR, made.id)
    with pytest.raises(NotFound):
        await database.read(one, made.id)
    assert (await database.read(one, made.id, deleted_too=True)).row.is_deleted
    assert await database.read(some, []) == []


async def test_as_many_statements_for_a_hundred_as_for_one(database: Database, world: World) -> None:
    counts = []
    for number in range(2):
        with selects(database) as seen:
            await database.read(listed, caller=ADMIN)
        counts.append(len(seen))
        for more in range(50 * (1 - number)):
            await policy(database, f"p{more}", activities=[world.sudo], identities=[world.person])
    assert counts == [11, 11]


async def test_policies_of_a_person_and_a_resource(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends", world.stranger)
    around = await group(database, COLLECTIONS, "around", friends)
    web = await group(database, RESOURCES, "web", world.resource)
    made = await policy(database, "by groups", groups=[around], resource_groups=[web], priority=-1)
    await policy(database, "no resource", identities=[world.stranger])
    await policy(database, "nobody", resources=[world.resource])
    gone = await policy(database, "gone", groups=[friends], resources=[world.resource])
    await database.write(delete_policy, ACTOR, gone.id)
    await database.write(set_status, ACTOR, made.id, is_disabled=True)

    async def found(person: object) -> list[str]:
        return [view.row.name for view in await database.read(joining, person, world.resource)]

    assert await found(world.stranger) == ["by groups"]
    assert await found(world.person) == ["admins"]
    assert await found(uuid4()) == []


async def test_policies_on_a_resource(database: Database, world: World) -> None:
    web = await group(database, RESOURCES, "web", world.resource)
    made = await policy(database, "by group", resource_groups=[web], priority=-1)

    async def found(page: Page, **more: object) -> tuple[list[str], int]:
        given = {"direct_only": False, "caller": ADMIN, **more}
        listed = await database.read(on_resource, page, world.resource, **given)
        return [view.row.name for view in listed.rows], listed.total

    assert await found(Page()) == (["by group", "admins"], 2)
    assert await found(Page(), direct_only=True) == (["admins"], 1)
    assert await found(Page(order_by="name", take=1)) == (["admins"], 2)
    assert await found(Page(filter_text="GROUP")) == (["by group"], 1)
    bounded = replace(ADMIN, key=KeyBounds(uuid4(), policies=frozenset({made.id})))
    assert await found(Page(), caller=bounded) == (["by group"], 1)
    with pytest.raises(Invalid):
        await found(Page(order_by="secret"))


async def test_policies_a_group_is_not_in(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends")
    await policy(database, "in", groups=[friends])
    await policy(database, "secrets", policy_type=PolicyType.CREDENTIAL)
    with selects(database) as seen:
        listed = await database.read(without_group, Page(), friends, None)
    assert ([row.name for row in listed.rows], listed.total, len(seen)) == (["admins", "secrets"], 2, 2)
    listed = await database.read(without_group, Page(), friends, PolicyType.CREDENTIAL)
    assert [row.name for row in listed.rows] == ["secrets"]
    assert (await database.read(without_group, Page(), None, None)).total == 3
