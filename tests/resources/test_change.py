"""Changing a resource: what is given and differs, and its key to be found by."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid
from locum.kit.paging import Page
from locum.reads.resources import search
from locum.resources.add import add_resource, get_resource
from locum.resources.change import ResourceChanges, change_resource
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_it_is_found_by_what_it_is_now(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    before = await database.read(get_resource, world.resource)
    changes = ResourceChanges(name="Web 01 Neu", dns_name="web01.example.org")
    after = await database.write(change_resource, ACTOR, before, changes)
    assert (after.name, after.name_key, after.dns_name, after.ip_address) == (
        "Web 01 Neu", "web 01 neu", "web01.example.org", before.ip_address,
    )  # fmt: skip
    assert after.modified_at > before.modified_at
    for text in ("01 neu", "web01.example", "127.0.0"):
        assert (await database.read(search, Page(filter_text=text))).total == 1, text
    assert await database.write(change_resource, ACTOR, after, changes) == after


async def test_a_name_is_one_resource_s(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(add_resource, ACTOR, name="db01")
    before = await database.read(get_resource, world.resource)
    with pytest.raises(Conflict):
        await database.write(change_resource, ACTOR, before, ResourceChanges(name="DB01"))
    with pytest.raises(Invalid):
        await database.write(change_resource, ACTOR, before, ResourceChanges(dns_name="two words"))
    same_but_case = await database.write(change_resource, ACTOR, before, ResourceChanges(name="WEB01"))
    assert (same_but_case.name, same_but_case.name_key) == ("WEB01", "web01")
