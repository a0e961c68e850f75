"""The resources a person can ask for, and the policies under which."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from crowd import copy
from locum.kit.db import Database
from locum.kit.paging import Listed, Page
from locum.policies.groups import PEOPLE, RESOURCES
from locum.policies.model import policy_resource
from locum.policies.reach import FEW
from locum.reads.own_targets import Target, search, targets
from locum.resources.model import resource
from policies_world import group, host, policy
from statements import selects
from world import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


def shown(listed: Listed[Target]) -> dict[str, list[tuple[str, str]]]:
    return {one.row.name: [(way.activity_name, way.policy_name) for way in one.ways] for one in listed.rows}


async def test_every_way_to_each(database: Database, world: World) -> None:
    db02 = await host(database, "db02", dns_name="db.example")
    web = await group(database, RESOURCES, "web", db02, world.resource)
    friends = await group(database, PEOPLE, "friends", world.person)
    made = await policy(
        database, "first", groups=[friends], activities=[world.sudo], resource_groups=[web], priority=-1
    )
    sudo, old = ("Linux sudo", "first"), [("Linux shell", "admins"), ("Linux sudo", "admins")]

    async def found(person: Any = world.person, page: Page = Page(), **more: Any) -> Any:  # noqa: B008
        return shown(await database.read(targets, page, person, **more))

    assert await found() == {"db02": [sudo], "web01": [sudo, *old]}
    assert await found(activity_id=world.shell) == {"web01": old[:1]}
    assert await found(policy_id=made.id) == {"db02": [sudo], "web01": [sudo]}
    assert await found(activity_id=world.shell, policy_id=made.id) == {}
    assert await found(page=Page(filter_text="DB.EX")) == {"db02": [sudo]}
    assert list(await found(page=Page(order_by="name", descending=True))) == ["web01", "db02"]
    assert await found(key_policies={world.policy}) == {"web01": old}
    for person in (world.stranger, uuid4()):
        assert await found(person) == {}
    listed = await database.read(targets, Page(take=1), world.person)
    assert (len(listed.rows), listed.total, listed.rows[0].row.dns_name) == (1, 2, "db.example")


async def test_nine_statements_whatever_there_is(database: Database, world: World) -> None:
    hosts = await copy(database, resource, world.resource, FEW + 500, name="r", name_key="r")
    rows = [{"policy_id": world.policy, "member_id": one} for one in hosts]
    await database.write(lambda tx: tx.add_all(policy_resource, rows))
    with selects(database) as seen:
        listed = await database.read(targets, Page(take=50), world.person, activity_id=world.sudo)
    assert (len(seen), len(listed.rows), listed.total) == (9, 50, FEW + 501)


async def test_few_among_many_and_far_down(database: Database, world: World) -> None:
    # Nobody's, and first in order.
    await copy(database, resource, world.resource, FEW + 10, name="a", name_key="a")
    hosts = await copy(database, resource, world.resource, FEW + 500, name="r", name_key="r")
    rows = [{"policy_id": world.policy, "member_id": one} for one in hosts]
    await database.write(lambda tx: tx.add_all(policy_resource, rows))
    whole = (await database.read(targets, Page(take=10_000), world.person)).rows
    names = [one.row.name for one in whole]
    assert len(names) == FEW + 501
    assert names[:-1] == sorted(names[:-1])
    for skip in (0, 1, FEW - 20, FEW + 480, FEW + 501):
        with selects(database) as seen:
            listed = await database.read(targets, Page(skip=skip, take=50), world.person)
        assert len(seen) <= 10
        assert ([one.row.name for one in listed.rows], listed.total) == (names[skip : skip + 50], FEW + 501)


async def test_names_are_looked_up_in_what_one_has(database: Database, world: World) -> None:
    db02 = await host(database, "db02")
    await policy(database, "sudo on db02", identities=[world.person], activities=[world.sudo], resources=[db02])
    theirs = await policy(
        database, "theirs", identities=[world.stranger], activities=[world.shell], resources=[db02]
    )

    async def found(activity: str | None, target: str | None, **more: Any) -> tuple[list[Any], bool]:
        keys = {"activity_keys": activity and [activity], "resource_keys": target and [target], **more}
        result = await database.read(search, world.person, **keys)
        return result.policies, result.resource_known

    assert await found("linux sudo", "web01") == ([world.policy], True)
    assert await found("linux shell", "db02") == ([], True)
    assert await found("linux sudo", "nowhere") == ([], False)
    assert (await found(None, "web01"))[0] == [world.policy]
    assert len((await found("linux sudo", None))[0]) == 2
    assert await found("linux shell", "db02", key_policies={theirs.id}) == ([], False)
    with selects(database) as seen:
        await found("linux sudo", "web01")
    assert len(seen) == 2
