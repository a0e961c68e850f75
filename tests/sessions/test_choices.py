"""What a person may open through the SSH gateway."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.kit import pause
from locum.kit.db import Database
from locum.kit.paging import Page
from locum.policies.groups import RESOURCES
from locum.policies.model import policy as policies
from locum.resources.model import platform
from locum.sessions.choices import Choice, choices
from policies_world import group, host, policy
from statements import selects
from task_activity import make_task, script
from world import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def test_each_pair_once_by_resource_and_narrowed_by_what_is_typed(database: Database, world: World) -> None:
    hosts = [await host(database, f"db{number:02}") for number in range(20)]
    everything = await group(database, RESOURCES, "all", world.resource, *hosts)
    await policy(
        database, "more", identities=[world.person], activities=[world.sudo], resource_groups=[everything]
    )
    with selects(database) as statements:
        listed = await database.read(choices, world.person, Page(take=3))
    assert len(statements) <= 4
    assert listed.rows == [Choice("Linux sudo", f"db{number:02}") for number in range(3)]
    assert listed.total == 22
    last = await database.read(choices, world.person, Page(skip=20, take=3))
    assert last.rows == [Choice("Linux shell", "web01"), Choice("Linux sudo", "web01")]
    for text, total in (("SHELL", 1), ("sudo", 21), ("db1", 10), ("web01 linux", 2), ("sudo web", 1), ("%", 0)):
        assert (await database.read(choices, world.person, Page(filter_text=text))).total == total
    assert (await database.read(choices, world.stranger, Page())).total == 0


async def test_nothing_that_no_policy_gives_or_that_ssh_does_not_reach(database: Database, world: World) -> None:
    assert (await database.read(choices, world.person, Page())).total == 2
    kind = platform.c.connector
    await database.write(
        lambda tx: tx.run(sa.update(platform).where(kind == "linux").values(connector="postgresql"))
    )
    assert (await database.read(choices, world.person, Page())).total == 0
    await database.write(lambda tx: tx.run(sa.update(platform).values(connector="linux")))
    await database.write(lambda tx: tx.run(sa.update(policies).values(is_disabled=True)))
    assert (await database.read(choices, world.person, Page())).total == 0
    await database.write(pause.begin, "a test")
    with pytest.raises(pause.Paused):
        await database.read(choices, world.person, Page())


async def test_no_task(database: Database, world: World) -> None:
    await make_task(database, world, script("id"))
    assert (await database.read(choices, world.person, Page())).rows == [Choice("Linux sudo", "web01")]
