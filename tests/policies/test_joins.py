"""By which ways a policy holds somebody or something: alone, through a group, through a group of a collection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.identities.model import identity
from locum.kit.db import Database, Tx
from locum.policies.decide import Allowed, decide
from locum.policies.facts import Asked, gather
from locum.policies.joins import (
    count_for_identity,
    count_for_resource,
    members_of,
    of_activity,
    of_identity,
    of_resource,
    principals,
)
from locum.policies.model import policy_activity, policy_identity, policy_resource
from locum.resources.model import resource
from policy_groups import ACTIVITIES, HOSTS, Groups, group_them
from world import World, make_world

pytestmark = pytest.mark.anyio


def without(*tables: sa.Table) -> Callable[[Tx], None]:
    """Take what the world's policy joins directly out of it."""

    def take(tx: Tx) -> None:
        for table in tables:
            tx.run(sa.delete(table))

    return take


async def allowed(database: Database, world: World, person: UUID | None = None) -> bool:
    facts = await database.read(gather, Asked(person or world.person, world.sudo, world.resource))
    return isinstance(decide(facts), Allowed)


async def test_a_person_is_meant_by_its_groups_and_their_collections(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    groups = await database.write(group_them, world)
    found = await database.read(lambda tx: tx.scalars(principals(world.person)))
    assert sorted(found) == sorted([world.person, groups.people, groups.both, groups.direct])
    assert await database.read(lambda tx: tx.scalars(principals(world.stranger))) == [world.stranger]


async def test_a_group_means_its_members_and_a_collection_those_of_its_groups_too(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    groups = await database.write(group_them, world)
    for one, members in (
        (groups.people, {world.person}),
        (groups.both, {groups.people, world.person}),
        (groups.direct, {world.person}),
        (world.person, set()),
    ):
        assert set(await database.read(lambda tx, one=one: tx.scalars(members_of(one)))) == members


@pytest.mark.parametrize("way", ["people", "both", "direct"])
async def test_each_way_of_a_person_counts(database: Database, tmp_path: Path, way: str) -> None:
    world = await make_world(database, tmp_path)
    groups = await database.write(group_them, world)
    await database.write(without(policy_identity))
    assert not await allowed(database, world)
    await database.write(
        lambda tx: tx.add(policy_identity, policy_id=world.policy, member_id=getattr(groups, way))
    )
    assert await allowed(database, world)
    assert not await allowed(database, world, world.stranger)
    await database.write(groups.leave, world.person)
    assert not await allowed(database, world)


async def test_a_deleted_group_holds_nobody(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    groups = await database.write(group_them, world)
    await database.write(without(policy_identity))
    await database.write(lambda tx: tx.add(policy_identity, policy_id=world.policy, member_id=groups.both))
    await database.write(groups.delete, groups.both)
    assert not await allowed(database, world)


async def test_groups_of_resources_and_activities_count(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    groups = await database.write(group_them, world)
    for table, kind in ((policy_resource, HOSTS), (policy_activity, ACTIVITIES)):
        await database.write(without(table))
        assert not await allowed(database, world), table.name
        await database.write(groups.join, world.policy, kind)
        assert await allowed(database, world), table.name
    await database.write(groups.leave_all)
    assert not await allowed(database, world)


async def test_what_a_policy_holds_twice_is_one(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    groups: Groups = await database.write(group_them, world)
    await database.write(groups.join_all, world.policy)
    for query in (of_identity(world.person), of_activity(world.sudo), of_resource(world.resource)):
        assert set(await database.read(lambda tx, q=query: tx.scalars(q))) == {world.policy}
    facts = await database.read(gather, Asked(world.person, world.sudo, world.resource))
    assert [one.name for one in facts.policies] == ["admins"]


async def test_a_policy_counts_once_whatever_the_ways_it_holds_somebody_by(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    groups = await database.write(group_them, world)

    async def counted() -> tuple[int, int]:
        people = sa.select(count_for_identity()).select_from(identity).where(identity.c.id == world.person)
        hosts = sa.select(count_for_resource()).select_from(resource).where(resource.c.id == world.resource)
        return await database.read(lambda tx: (tx.scalar(people), tx.scalar(hosts)))

    assert await counted() == (1, 1)
    await database.write(groups.join_all, world.policy)
    assert await counted() == (1, 1)
    await database.write(without(policy_identity, policy_resource))
    assert await counted() == (0, 1)
    for one in ("both", "direct", "people"):
        await database.write(without(policy_identity))
        await database.write(
            lambda tx, one=one: tx.add(policy_identity, policy_id=world.policy, member_id=getattr(groups, one))
        )
        assert await counted() == (1, 1), one
    await database.write(lambda tx: groups.delete(tx, groups.people))
    assert await counted() == (0, 1)
    await database.write(groups.leave_all)
    assert await counted() == (0, 0)
