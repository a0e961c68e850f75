"""The activities a person can begin: by every way there is to them, and no other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.activities.model import activity
from locum.kit.db import Database
from locum.kit.paging import Listed, Page
from locum.policies.groups import ACTIVITIES, COLLECTIONS, PEOPLE, RESOURCES, remove_things
from locum.policies.model import policy_activity
from locum.policies.status import delete_policy, set_status
from locum.reads.own_access import Card, cards
from locum.resources.model import platform, resource, resource_group_member
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from policies_world import group, host, policy
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def found(database: Database, person: UUID, *, by_policy: bool = False, **more: Any) -> Listed[Card]:
    page = Page(**{name: more.pop(name) for name in ("skip", "take", "order_by", "filter_text") if name in more})
    return await database.read(cards, page, person, by_policy=by_policy, **more)


def shown(listed: Listed[Card]) -> list[tuple[str, list[str], int]]:
    return [(card.name, [given.policy_name for given in card.given], card.total_resources) for card in listed.rows]


async def test_one_card_for_an_activity_or_one_for_each_policy(database: Database, world: World) -> None:
    db02 = await host(database, "db02")
    first = await policy(
        database, "first", identities=[world.person], activities=[world.sudo], resources=[world.resource, db02],
        priority=-1,
    )  # fmt: skip
    assert shown(await found(database, world.person)) == [
        ("Linux sudo", ["first", "admins"], 2),
        ("Linux shell", ["admins"], 1),
    ]
    assert shown(await found(database, world.person, by_policy=True)) == [
        ("Linux sudo", ["first"], 2),
        ("Linux shell", ["admins"], 1),
        ("Linux sudo", ["admins"], 1),
    ]
    listed = await found(database, world.person, by_policy=True, skip=1, take=1)
    assert (shown(listed), listed.total) == ([("Linux shell", ["admins"], 1)], 3)
    assert listed.rows[0].resource_name == "web01"
    assert listed.rows[0].platform_name == "Linux"
    assert (await found(database, world.person, take=0)).total == 2
    assert shown(await found(database, world.person, filter_text="SHELL")) == [("Linux shell", ["admins"], 1)]
    ordered = await found(database, world.person, order_by="name")
    assert [card.name for card in ordered.rows] == ["Linux shell", "Linux sudo"]
    assert (await found(database, world.stranger)).total == 0
    bounded = await found(database, world.person, key_policies={first.id})
    assert shown(bounded) == [("Linux sudo", ["first"], 2)]


async def test_by_groups_and_only_while_in_them(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends", world.stranger)
    around = await group(database, COLLECTIONS, "around", friends)
    both = await group(database, ACTIVITIES, "both", world.sudo, world.shell)
    web = await group(database, RESOURCES, "web", world.resource)
    made = await policy(database, "groups", groups=[around], activity_groups=[both], resource_groups=[web])
    expected = [("Linux shell", ["groups"], 1), ("Linux sudo", ["groups"], 1)]
    assert shown(await found(database, world.stranger)) == expected
    await database.write(set_status, ACTOR, made.id, is_disabled=True)
    assert shown(await found(database, world.stranger)) == []
    await database.write(set_status, ACTOR, made.id, is_disabled=False)
    await database.write(remove_things, ACTOR, ACTIVITIES, both, [world.sudo])
    assert shown(await found(database, world.stranger)) == expected[:1]
    await database.write(remove_things, ACTOR, COLLECTIONS, around, [friends])
    assert shown(await found(database, world.stranger)) == []
    await database.write(delete_policy, ACTOR, world.policy)
    assert shown(await found(database, world.person)) == []


async def test_nothing_without_a_resource_of_the_platform(database: Database, world: World) -> None:
    other = await database.read(
        lambda tx: tx.scalar(sa.select(platform.c.id).where(platform.c.name != "Linux").limit(1))
    )
    await database.write(lambda tx: tx.run(sa.update(resource).values(platform_id=other)))
    listed = await found(database, world.person)
    assert (listed.rows, listed.total) == ([], 0)


async def test_when_it_was_last(database: Database, world: World) -> None:
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    session_id = await database.write(request_session, ACTOR, asked, node="n")
    began = dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)
    started = sa.update(access_session).where(access_session.c.id == session_id).values(actual_start=began)
    await database.write(lambda tx: tx.run(started))
    for by_policy in (False, True):
        listed = await found(database, world.person, by_policy=by_policy)
        assert {card.name: card.last_start for card in listed.rows} == {"Linux sudo": began, "Linux shell": None}


@pytest.mark.parametrize("by_policy", [False, True])
async def test_eleven_statements_whatever_there_is(database: Database, world: World, by_policy: bool) -> None:
    many = await copy(database, activity, world.sudo, 150, name="a", name_key="a")
    hosts = await copy(database, resource, world.resource, 300, name="r", name_key="r")
    web = await group(database, RESOURCES, "web")
    rows = [{"group_id": web, "resource_id": one} for one in hosts]
    await database.write(lambda tx: tx.add_all(resource_group_member, rows))
    ids = [world.policy]
    for number in range(20):
        made = await policy(database, f"p{number:02}", identities=[world.person], resource_groups=[web])
        ids.append(made.id)
    pairs = [{"policy_id": one, "member_id": a} for one in ids[1:] for a in many]
    await database.write(lambda tx: tx.add_all(policy_activity, pairs))
    with selects(database) as seen:
        listed = await found(database, world.person, by_policy=by_policy, take=50)
    assert (len(seen), len(listed.rows)) == (11 if by_policy else 10, 50)
    assert listed.total == (3002 if by_policy else 152)
    assert {card.total_resources for card in listed.rows} == ({1, 300} if by_policy else {300})
    with selects(database) as seen:
        assert (await found(database, uuid4(), by_policy=by_policy)).total == 0
    assert len(seen) == 2
