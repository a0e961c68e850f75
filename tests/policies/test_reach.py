"""What policies reach, counted by the ids of groups: the same as a row for each policy and resource says."""

from __future__ import annotations

from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa

from crowd import copy
from locum.activities.model import activity
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.policies import reach
from locum.policies.certification_model import access_denial, certification
from locum.policies.groups import RESOURCES
from locum.policies.reach import Aim, Reached
from locum.policies.visible import Given, reached, resource_pairs
from locum.resources.model import platform, resource, resource_group_member
from locum.resources.platforms import copy_platform
from policies_world import group, host, policy
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


class _Pair(msgspec.Struct, frozen=True):
    policy_id: UUID
    resource_id: UUID


class Estate:
    """Hosts on three platforms, groups of them, and policies that hold some of both, drawn with dice."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.linux = self._platform("Linux")
        self.other = self._platform("PostgreSQL")
        self.copy = database.submit_write(copy_platform, ACTOR, self.linux, name="Appliance", rules={}).result().id
        self.policies: list[UUID] = []

    def _platform(self, name: str) -> UUID:
        found: UUID = self.database.submit_read(
            lambda tx: tx.scalar(sa.select(platform.c.id).where(platform.c.name == name))
        ).result()
        return found

    async def fill(self, dice: Random, world: World, more: list[UUID]) -> None:
        hosts = [await host(self.database, f"host-{n}") for n in range(12)]
        for one in hosts:
            moved = sa.update(resource).where(resource.c.id == one)
            where = dice.choice([self.linux, self.linux, self.copy, self.other])
            await self.database.write(lambda tx, m=moved, w=where: tx.run(m.values(platform_id=w)))
        groups = [await group(self.database, RESOURCES, f"g{n}", *dice.sample(hosts, 4)) for n in range(4)]
        groups.append(await group(self.database, RESOURCES, "empty"))
        if more:
            groups.append(await group(self.database, RESOURCES, "more"))
            rows = [{"group_id": groups[-1], "resource_id": one} for one in more]
            await self.database.write(lambda tx: tx.add_all(resource_group_member, rows))
        for n in range(8):
            made = await policy(
                self.database,
                f"p{n}",
                identities=[world.person],
                activities=[world.sudo],
                resources=dice.sample(hosts, dice.randrange(3)),
                resource_groups=dice.sample(groups, dice.randrange(len(groups))),
            )
            self.policies.append(made.id)

    async def rows(self, aim: Aim, world: World) -> set[UUID]:
        """By a row for each: the platform is that of the activity."""
        await self.database.write(
            lambda tx: tx.run(
                sa.update(activity).where(activity.c.id == world.sudo).values(platform_id=aim.platform_id)
            )
        )
        given = Given(sorted(aim.policies), world.person if aim.denied else None)
        query = reached(given).add_columns(resource.c.id).where(activity.c.id == world.sudo)
        return set(await self.database.read(lambda tx: tx.scalars(query)))

    async def deny(self, dice: Random, world: World) -> reach.Denied:
        """A reviewer has denied the person the activity on some of what half of the policies hold, and another
        person and activity all of it."""
        pairs = await self.database.read(lambda tx: tx.rows(_Pair, resource_pairs(self.policies[::2])))
        taken = dice.sample(sorted(pairs, key=lambda one: (one.policy_id, one.resource_id)), len(pairs) // 2)

        def denied(tx: Tx) -> None:
            reviewed = new_id()
            tx.add(certification, id=reviewed, name="c", name_key="c", reviewer_id=world.stranger, created_at=tx.now,
                   modified_at=tx.now)  # fmt: skip
            why = {"certification_id": reviewed, "reason": "no", "denied_by": world.stranger, "denied_at": tx.now}
            for whose, what, which in (
                (world.person, world.sudo, taken),
                (world.person, world.shell, pairs),
                (world.stranger, world.sudo, pairs),
            ):
                tx.add_all(
                    access_denial,
                    [
                        {"id": new_id(), "identity_id": whose, "activity_id": what, "policy_id": one.policy_id,
                         "resource_id": one.resource_id, **why}
                        for one in which
                    ],
                )  # fmt: skip

        await self.database.write(denied)
        return await self.database.read(reach.denied, Given(self.policies, world.person))

    def draw(self, dice: Random, denied: dict[UUID, frozenset[str]]) -> Aim:
        some = dice.sample(self.policies, dice.randrange(len(self.policies)))
        return Aim(frozenset(some), dice.choice([self.linux, self.copy, self.other]), denied)


@pytest.mark.parametrize("crowd", [0, reach.FEW + 100])
@pytest.mark.parametrize("reviewed", [False, True], ids=["given", "denied some"])
async def test_it_says_what_rows_say(database: Database, world: World, crowd: int, reviewed: bool) -> None:
    estate, dice = Estate(database), Random(crowd + 3)
    more = await copy(database, resource, world.resource, crowd, name="r", name_key="r") if crowd else []
    await estate.fill(dice, world, more)
    denied = (await estate.deny(dice, world))[world.sudo] if reviewed else {}
    aims = [estate.draw(dice, denied) for _ in range(70)]  # more than one number has marks for
    told = await database.read(reach.counted, aims)
    seen = set()
    for aim, found in zip(aims, told, strict=True):
        expected = await estate.rows(aim, world)
        assert found == Reached(len(expected), next(iter(expected)) if len(expected) == 1 else None), aim
        seen.add(min(found.total, 2))
    assert seen == {0, 1, 2}
    everything = {UUID(one) for one in await database.read(reach.ids, aims)}
    assert everything == set().union(*[await estate.rows(aim, world) for aim in aims])


async def test_four_statements_at_most(database: Database, world: World) -> None:
    estate = Estate(database)
    with selects(database) as seen:
        assert await database.read(reach.counted, [Aim(frozenset([uuid4()]), estate.linux)]) == [Reached(0, None)]
    assert len(seen) == 3
    await estate.fill(Random(1), world, [])
    for kinds in ([estate.linux], [estate.linux, estate.other]):
        aims = [Aim(frozenset(estate.policies), kind) for kind in kinds] * 50
        with selects(database) as seen:
            await database.read(reach.counted, aims)
        assert len(seen) == 4
        with selects(database) as seen:
            await database.read(reach.ids, aims)
        assert len(seen) == 4


async def test_what_was_denied_is_one_statement_and_none_for_most(database: Database, world: World) -> None:
    estate = Estate(database)
    await estate.fill(Random(1), world, [])
    with selects(database) as seen:
        assert await database.read(reach.denied, Given(estate.policies)) == {}
    assert seen == []
    denied = await estate.deny(Random(1), world)
    assert denied.keys() == {world.sudo, world.shell}
    with selects(database) as seen:
        await database.read(reach.denied, Given(estate.policies, world.person))
    assert len(seen) == 1


async def test_ids_in_the_order_of_a_query(database: Database, world: World) -> None:
    for name in ("b", "c", "a"):
        await host(database, name)
    query = sa.select(resource.c.id).order_by(resource.c.name_key.desc())
    found = [UUID(one) for one in await database.read(reach.texts, query)]
    assert found == await database.read(lambda tx: tx.scalars(query))
    assert len(found) == 4
    assert await database.read(reach.texts, query.where(sa.false())) == []
