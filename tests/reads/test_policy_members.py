"""What policies join and could join, as pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from crowd import copy
from locum.activities.model import activity
from locum.identities.key_bounds import KeyBounds
from locum.identities.model import Kind
from locum.kit.db import Database
from locum.kit.paging import Listed, Page
from locum.kit.permissions import Permission
from locum.policies.add import get_policy
from locum.policies.groups import ACTIVITIES, COLLECTIONS, PEOPLE, RESOURCES
from locum.policies.model import Policy, PolicyType
from locum.reads import policy_members as reads
from locum.resources.model import resource
from policies_world import ADMIN, group, holder, host, login, policy, vault_resource
from statements import selects
from world import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


def names(listed: Listed[Any]) -> list[str]:
    return [getattr(row, "username", None) or row.name for row in listed.rows]


async def test_activities_and_groups_of_them(database: Database, world: World) -> None:
    both = await group(database, ACTIVITIES, "both")
    await group(database, ACTIVITIES, "none")
    held = await policy(database, "p", activities=[world.sudo], activity_groups=[both])

    async def found(page: Page = Page(), who: Any = ADMIN, **more: Any) -> list[str]:  # noqa: B008
        return names(await database.read(reads.activities, page, held, caller=who, **more))

    inside = {"candidates": False, "kind": None}
    assert await found(**inside) == ["both", "Linux sudo"]
    assert await found(candidates=False, kind=0) == ["Linux sudo"]
    assert await found(candidates=False, kind=1) == ["both"]
    assert await found(Page(filter_text="linux"), **inside) == ["Linux sudo"]
    assert await found(Page(order_by="name", descending=True), **inside) == ["Linux sudo", "both"]
    candidates = await found(candidates=True, kind=None)
    assert {"Linux shell", "none"} <= set(candidates)
    assert {"Linux sudo", "both"} & set(candidates) == set()
    anything = holder(Permission.POLICIES_ACTIVITIES_MODIFY)
    assert await found(who=anything, candidates=True, kind=None) == candidates
    other = holder(Permission.POLICIES_USERS_MODIFY)
    assert await found(who=other, candidates=True, kind=None) == []
    assert await found(who=other, **inside) == ["both", "Linux sudo"]


async def test_resources_groups_and_vaults(database: Database, world: World) -> None:
    web = await group(database, RESOURCES, "web")
    db02, safe = await host(database, "db02", dns_name="db.example"), await vault_resource(database, "safe")
    held = await policy(database, "p", resources=[world.resource], resource_groups=[web])
    secrets = await policy(database, "s", policy_type=PolicyType.CREDENTIAL, resources=[safe])

    async def found(of: Policy, candidates: bool, kind: int | None = None, **page: Any) -> list[str]:
        given = {"kind": kind, "candidates": candidates, "caller": ADMIN}
        return names(await database.read(reads.resources, Page(**page), of, **given))

    assert await found(held, False) == ["web", "web01"]
    assert await found(held, False, 0) == ["web01"]
    assert await found(held, False, 1) == ["web"]
    assert await found(held, False, 2) == []
    assert await found(held, True) == ["db02"]
    assert await found(held, True, filter_text="DB.EXAMPLE") == ["db02"]
    assert await found(secrets, False) == await found(secrets, False, 2) == ["safe"]
    assert await found(secrets, True) == []
    listed = await database.read(reads.resources, Page(), held, kind=0, candidates=True, caller=ADMIN)
    (row,) = listed.rows
    assert (row.id, row.dns_name, row.os, row.entity_type, row.active_session_count) == (
        db02, "db.example", "Linux", 0, 0,
    )  # fmt: skip


async def test_people_of_every_kind(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends")
    around = await group(database, COLLECTIONS, "around")
    held = await policy(database, "p", identities=[world.person], groups=[friends, around])

    async def found(candidates: bool, kind: Kind | None = None, **page: Any) -> list[str]:
        given = {"kind": kind, "candidates": candidates, "caller": ADMIN}
        return names(await database.read(reads.people, Page(**page), held, **given))

    assert await found(False) == ["Alice", "around", "friends"]
    assert await found(False, Kind.GROUP) == ["friends"]
    assert await found(False, Kind.COLLECTION, filter_text="aro") == ["around"]
    assert await found(True) == ["Mallory"]
    kinds = await database.read(reads.kinds_of, [world.person, friends, around, uuid4()])
    assert kinds.groups == {friends, around}
    assert (await database.read(reads.kinds_of, [])).groups == set()


async def test_credentials_and_what_a_key_sees_of_them(database: Database, world: World) -> None:
    one, two = [await login(database, world.vault, name) for name in ("one", "two")]
    held = await policy(database, "s", policy_type=PolicyType.CREDENTIAL, credentials=[one, two])
    plain = await database.read(get_policy, world.policy)

    async def found(of: Policy, candidates: bool, who: Any = ADMIN, kind: int | None = None) -> list[str]:
        given = {"kind": kind, "candidates": candidates, "caller": who}
        return names(await database.read(reads.credentials, Page(), of, **given))

    assert await found(held, False) == await found(held, False, kind=0) == ["one", "two"]
    assert await found(held, False, kind=1) == await found(held, False, kind=2) == []
    assert await found(held, True) == ["locum"]
    assert await found(plain, True) == []  # a resource-based policy joins none
    bounded = replace(ADMIN, key=KeyBounds(uuid4(), credentials=frozenset({two})))
    assert await found(held, False, bounded) == ["two"]
    lookup = await database.read(reads.lookup, held, "credentials", bounded)
    assert lookup == {two: "two"}
    assert await database.read(reads.lookup, held, "credentials", ADMIN) == {one: "one", two: "two"}
    assert await database.read(reads.count, held, "credentials") == 2
    assert await database.read(reads.credentials_of_host_users, []) == {}


async def test_two_statements_whatever_there_is(database: Database, world: World) -> None:
    await copy(database, activity, world.sudo, 200, name="a", name_key="a")
    await copy(database, resource, world.resource, 200, name="r", name_key="r")
    held = await database.read(get_policy, world.policy)
    for read in (reads.activities, reads.resources, reads.credentials, reads.people):
        for candidates in (False, True):
            with selects(database) as seen:
                listed = await database.read(
                    read, Page(take=50), held, kind=None, candidates=candidates, caller=ADMIN
                )
            assert (len(seen), len(listed.rows) == min(50, listed.total)) == (2 if listed.total else 1, True)
