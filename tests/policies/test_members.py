"""What a policy joins: each kind under its rules, for each type of policy."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from audited import details
from locum.kit.db import Database
from locum.kit.errors import Invalid
from locum.policies.groups import ACTIVITIES, COLLECTIONS, PEOPLE, RESOURCES
from locum.policies.members import MOST_AT_ONCE, TIES, Members, at_most, known, members_of, members_of_many
from locum.policies.model import PolicyType
from policies_world import group, login, policy, vault_resource
from statements import selects
from world import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def test_a_policy_keeps_what_it_joins(database: Database, world: World) -> None:
    friends = await group(database, PEOPLE, "friends", world.person)
    everybody = await group(database, COLLECTIONS, "everybody", friends)
    web = await group(database, RESOURCES, "web", world.resource)
    both = await group(database, ACTIVITIES, "both", world.sudo)
    joined = Members(
        identities=[world.person],
        groups=sorted([friends, everybody]),
        resources=[world.resource],
        resource_groups=[web],
        activities=[world.shell],
        activity_groups=[both],
    )
    made = await policy(database, "all", **{name: getattr(joined, name) for name in Members.__struct_fields__})
    assert await database.read(members_of, made.id) == joined
    (told,) = details(database, "policy.created", made.id)
    assert told == {"policy": "all", "identities": 3, "resources": 2, "activities": 2, "credentials": 0}
    with selects(database) as seen:
        found = await database.read(members_of_many, [made.id, world.policy, uuid4()])
    assert (len(seen), found.keys()) == (8, {made.id, world.policy})


async def test_each_type_of_policy_joins_its_own(database: Database, world: World) -> None:
    safe, secret = await vault_resource(database, "safe"), await login(database, world.vault, "deploy")
    web, both = await group(database, RESOURCES, "web"), await group(database, ACTIVITIES, "both")
    made = await policy(
        database,
        "secrets",
        policy_type=PolicyType.CREDENTIAL,
        identities=[world.person],
        credentials=[secret],
        resources=[safe],
    )
    assert (made.type, (await database.read(members_of, made.id)).credentials) == (1, [secret])
    wrong = {
        PolicyType.CREDENTIAL: {
            "resources": world.resource,
            "activities": world.sudo,
            "resource_groups": web,
            "activity_groups": both,
            "identities": await group(database, PEOPLE, "friends"),
            "groups": world.person,
        },
        PolicyType.RESOURCE: {"credentials": secret, "resources": safe},
    }
    for policy_type, fields in wrong.items():
        for field, thing in fields.items():
            with pytest.raises(Invalid) as error:
                await policy(database, "wrong", policy_type=policy_type, **{field: [thing]})
            assert error.value.field == TIES[field].wire
            assert await database.read(known, TIES[field], policy_type, [thing]) == []


def test_more_than_a_statement_takes_is_refused() -> None:
    most = {uuid4() for _ in range(MOST_AT_ONCE)}
    assert at_most(most, "activityIds") == most
    with pytest.raises(Invalid, match="activityIds may change at most 5000"):
        at_most(most | {uuid4()}, "activityIds")


def test_every_field_has_a_tie() -> None:
    assert TIES.keys() == set(Members.__struct_fields__)
