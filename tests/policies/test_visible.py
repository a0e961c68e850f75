"""Which policies reach a person, what they give, and on which resources that works."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from certifying import certifying
from locum.activities.model import activity
from locum.identities.membership import principals
from locum.kit.db import Database
from locum.policies.certification_model import RowStatus
from locum.policies.decide import Approval
from locum.policies.groups import ACTIVITIES, COLLECTIONS, PEOPLE, RESOURCES, add_things
from locum.policies.model import PolicyType
from locum.policies.status import delete_policy, set_status
from locum.policies.visible import (
    Given,
    activity_pairs,
    credential_pairs,
    policies_of,
    reached,
    resource_pairs,
)
from locum.resources.model import platform, resource
from locum.resources.platforms import copy_platform
from policies_world import group, host, login, policy
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def pairs(database: Database, query: sa.CompoundSelect[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """The rows of a statement of two ids."""
    return await database.read(lambda tx: sorted((row[0], row[1]) for row in tx._connection.execute(query)))


async def test_a_person_is_also_their_groups_and_what_holds_these(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends", world.person)
    others = await group(database, PEOPLE, "others", world.stranger)
    direct = await group(database, COLLECTIONS, "direct", world.person)
    around = await group(database, COLLECTIONS, "around", friends, world.person)
    elsewhere = await group(database, COLLECTIONS, "elsewhere", others)
    found = await database.read(lambda tx: set(tx.scalars(principals(world.person))))
    assert found == {world.person, friends, direct, around}
    found = await database.read(lambda tx: set(tx.scalars(principals(world.stranger))))
    assert found == {world.stranger, others, elsewhere}


async def test_policies_reach_by_every_way_and_only_those_that_give_something(
    database: Database, world: World
) -> None:
    friends = await group(database, PEOPLE, "friends", world.person)
    around = await group(database, COLLECTIONS, "around", friends)
    ways = [world.policy]
    for name, who in (("by group", friends), ("by collection", around)):
        ways.append((await policy(database, name, groups=[who])).id)
    made = {
        name: (await policy(database, name, identities=[world.person], **values)).id
        for name, values in {
            "denied": {"approval": Approval.DENY},
            "off": {"is_disabled": True},
            "gone": {},
            "secrets": {"policy_type": PolicyType.CREDENTIAL},
        }.items()
    }
    await database.write(delete_policy, ACTOR, made["gone"])
    with selects(database) as seen:
        found = await database.read(policies_of, world.person)
    assert set(found.policies) == set(ways)
    assert len(seen) == 1
    by_key = await database.read(policies_of, world.person, key_policies={ways[1], made["off"]})
    assert by_key == Given([ways[1]])
    assert await database.read(policies_of, world.person, policy_id=ways[2]) == Given([ways[2]])
    for nothing in (
        await database.read(policies_of, world.person, policy_id=made["off"]),
        await database.read(policies_of, world.stranger),
    ):
        assert nothing == Given([])
        assert not nothing
    await database.write(set_status, ACTOR, made["off"], is_disabled=False)
    assert made["off"] in (await database.read(policies_of, world.person)).policies


async def test_groups_give_what_is_in_them_once(database: Database, world: World) -> None:
    both = await group(database, ACTIVITIES, "both", world.sudo, world.shell)
    web = await group(database, RESOURCES, "web", world.resource)
    made = await policy(
        database,
        "twice",
        activities=[world.sudo],
        activity_groups=[both],
        resources=[world.resource],
        resource_groups=[web],
    )
    assert await pairs(database, activity_pairs([made.id])) == sorted(
        [(made.id, world.sudo), (made.id, world.shell)]
    )
    assert await pairs(database, resource_pairs([made.id])) == [(made.id, world.resource)]
    assert await pairs(database, resource_pairs([made.id], [uuid4()])) == []
    db02 = await host(database, "db02")
    await database.write(add_things, ACTOR, RESOURCES, web, [db02])
    assert len(await pairs(database, resource_pairs([made.id]))) == 2


async def test_an_activity_works_on_its_platform_and_on_copies_of_it(database: Database, world: World) -> None:
    linux = await database.read(lambda tx: tx.scalar(sa.select(platform.c.id).where(platform.c.name == "Linux")))
    copied = await database.write(copy_platform, ACTOR, linux, name="Appliance", rules={})
    other = await database.read(
        lambda tx: tx.scalar(sa.select(platform.c.id).where(platform.c.name == "PostgreSQL"))
    )
    query = reached(Given([world.policy])).add_columns(activity.c.id, resource.c.id)
    for where, count in ((linux, 2), (copied.id, 2), (other, 0)):
        moved = sa.update(resource).values(platform_id=where)
        await database.write(lambda tx, moved=moved: tx.run(moved))
        assert len(await pairs(database, query)) == count


async def test_what_a_certification_denied_is_left_out_and_costs_no_statement(
    database: Database, tmp_path: Path
) -> None:
    it = await certifying(database, tmp_path)
    world = it.world
    db02 = await host(database, "db02")
    root = await login(database, world.vault, "root")
    more = await policy(database, "more", identities=[world.person], activities=[world.sudo],
                        resources=[world.resource, db02])  # fmt: skip
    secrets = await policy(database, "secrets", identities=[world.person], credentials=[root],
                           policy_type=PolicyType.CREDENTIAL)  # fmt: skip
    begun = await it.begun(policies=[world.policy, more.id, secrets.id])
    await it.say(begun, RowStatus.DENIED, "no", policy_name="more", resource_name="db02")
    await it.say(begun, RowStatus.DENIED, "no", policy_name="admins", activity_name="Linux shell")
    await it.say(begun, RowStatus.DENIED, "no", policy_name="secrets")
    with selects(database) as seen:
        found = await database.read(policies_of, world.person)
    assert (len(seen), found.denied_to) == (1, world.person)
    ways = reached(found).add_columns(activity.c.id, resource.c.id).with_only_columns(activity.c.id, resource.c.id)
    assert await pairs(database, ways.distinct()) == [(world.sudo, world.resource)]
    releasing = await database.read(policies_of, world.person, type=PolicyType.CREDENTIAL)
    assert await pairs(database, credential_pairs(releasing)) == []
    # What is denied to one is denied to nobody else.
    assert await pairs(database, credential_pairs(Given(releasing.policies, world.stranger))) == [
        (secrets.id, root)
    ]
