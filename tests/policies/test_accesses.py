"""Who has which access: what is listed is what the decision gives, and nothing else is listed."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from certifying import Certifying, certifying
from locum.activities.model import activity
from locum.activities.read import release_activity
from locum.credentials.delete import delete_credential
from locum.identities.model import identity
from locum.kit.db import Database
from locum.policies.accesses import accesses
from locum.policies.certification_model import Certification
from locum.policies.decide import Approval, Denied, decide
from locum.policies.facts import Asked, gather
from locum.policies.groups import ACTIVITIES, COLLECTIONS, PEOPLE, RESOURCES
from locum.policies.model import PolicyType
from locum.policies.status import delete_policy, set_status
from locum.resources.model import platform, resource
from policies_world import group, host, login, policy
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def it(database: Database, tmp_path: Path) -> Certifying:
    return await certifying(database, tmp_path)


async def listed(it: Certifying, of: Certification) -> set[tuple[UUID, UUID, UUID, UUID | None, str | None]]:
    """(person, policy, activity, resource or credential, by which group)."""
    found = await it.database.read(accesses, of.id, 100)
    assert len(found) == len(set(found))
    return {
        (one.identity_id, one.policy_id, one.activity_id, one.resource_id or one.credential_id, one.group_name)
        for one in found
    }


async def test_every_way_to_have_something_is_listed_once(it: Certifying) -> None:
    world, database = it.world, it.database
    friends = await group(database, PEOPLE, "friends", world.person, world.stranger)
    around = await group(database, COLLECTIONS, "around", friends)
    web = await group(database, RESOURCES, "web", world.resource)
    both = await group(database, ACTIVITIES, "both", world.sudo)
    by_group = await policy(database, "by group", groups=[friends, around], activity_groups=[both],
                            resource_groups=[web], resources=[world.resource])  # fmt: skip
    certification = await it.set_up(policies=[world.policy, by_group.id])
    assert await listed(it, certification) == {
        (world.person, world.policy, world.sudo, world.resource, None),
        (world.person, world.policy, world.shell, world.resource, None),
        (world.person, by_group.id, world.sudo, world.resource, "around"),
        (world.stranger, by_group.id, world.sudo, world.resource, "around"),
    }
    some = await it.set_up("some", policies=[], identities=[around])
    assert await listed(it, some) == await listed(it, certification)
    hers = await it.set_up("hers", policies=[by_group.id], identities=[world.stranger])
    assert {one[0] for one in await listed(it, hers)} == {world.stranger}
    with selects(database) as seen:
        await database.read(accesses, certification.id, 100)
    assert len(seen) == 2  # nothing releases a credential here


async def test_credentials_are_listed_under_their_one_activity(it: Certifying) -> None:
    world, database = it.world, it.database
    root = await login(database, world.vault, "root")
    secrets = await policy(database, "secrets", identities=[world.person], credentials=[root],
                           policy_type=PolicyType.CREDENTIAL)  # fmt: skip
    certification = await it.set_up(policies=[secrets.id])
    release = await database.read(release_activity)
    assert await listed(it, certification) == {(world.person, secrets.id, release, root, None)}
    await database.write(delete_credential, world.vault, ACTOR, root)
    assert await listed(it, certification) == set()


async def test_what_gives_nothing_now_is_not_listed(it: Certifying) -> None:
    world, database = it.world, it.database
    everything = {"identities": [world.person], "activities": [world.sudo], "resources": [world.resource]}
    await policy(database, "denies", approval=Approval.DENY, **everything)
    off = await policy(database, "off", **everything)
    gone = await policy(database, "gone", **everything)
    asks = await policy(database, "asks", approval=Approval.WORKFLOW, **everything)
    await database.write(set_status, ACTOR, off.id, is_disabled=True)
    certification = await it.set_up(policies=[], identities=[world.person, world.stranger])
    await database.write(delete_policy, ACTOR, gone.id)
    assert {one[1] for one in await listed(it, certification)} == {world.policy, asks.id}
    other = sa.select(platform.c.id).where(platform.c.name == "PostgreSQL").scalar_subquery()
    db = await host(database, "db01")
    await database.write(
        lambda tx: tx.run(sa.update(resource).where(resource.c.id == db).values(platform_id=other))
    )
    await policy(database, "elsewhere", identities=[world.person], activities=[world.sudo], resources=[db])
    assert db not in {one[3] for one in await listed(it, certification)}
    shell = sa.update(activity).where(activity.c.id == world.shell).values(is_deleted=True)
    await database.write(lambda tx: tx.run(shell))
    assert {one[2] for one in await listed(it, certification)} == {world.sudo}
    leaves = (
        sa.update(identity).where(identity.c.id == world.person).values(deleted_at=sa.func.current_timestamp())
    )
    await database.write(lambda tx: tx.run(leaves))
    assert await listed(it, certification) == set()


async def test_the_decision_gives_what_is_listed(it: Certifying) -> None:
    world, database = it.world, it.database
    root = await login(database, world.vault, "root")
    await policy(database, "secrets", identities=[world.stranger], credentials=[root],
                 policy_type=PolicyType.CREDENTIAL)  # fmt: skip
    certification = await it.set_up(policies=[], identities=[world.person, world.stranger])
    found = await database.read(accesses, certification.id, 100)
    assert len(found) == 3
    for one in found:
        asked = Asked(one.identity_id, one.activity_id, one.resource_id, one.credential_id, one.policy_id)
        assert not isinstance(decide(await database.read(gather, asked)), Denied)
