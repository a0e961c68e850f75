"""What a decision looks at: exactly the policies that join all that is asked for, in a fixed number of statements."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from leasing import make_leasing
from locum.activities.model import activity
from locum.activities.read import release_activity
from locum.credentials.groups import add_credentials, add_group
from locum.credentials.model import credential, managed_user
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.policies import groups
from locum.policies.add import add_policy
from locum.policies.decide import Allowed, Denied, Facts, decide
from locum.policies.facts import Asked, gather
from locum.policies.members import Members
from locum.policies.model import PolicyType, policy
from locum.resources.model import platform, resource
from locum.resources.platforms import copy_platform
from policies_world import group, vault_resource
from policies_world import policy as add
from statements import selects
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio


async def facts(database: Database, world: World, person: UUID | None = None, **changes: UUID) -> Facts:
    ids = {"activity_id": world.sudo, "resource_id": world.resource, **changes}
    return await database.read(gather, Asked(person or world.person, note="n", ticket="t", **ids))


def more(tx: Tx, world: World, names: list[str], members: Members) -> None:
    for name in names:
        add_policy(tx, ACTOR, name=name, members=members)


async def test_only_policies_that_join_all_three(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(more, world, ["nobody"], Members([], [world.resource], [world.sudo]))
    await database.write(more, world, ["nowhere"], Members([world.person], [], [world.sudo]))
    await database.write(more, world, ["nothing"], Members([world.person], [world.resource], [world.shell]))
    found = await facts(database, world)
    assert [p.name for p in found.policies] == ["admins"]
    assert (found.policies[0].record, found.policies[0].max_session_minutes) == (True, 60)
    assert (found.identity_locked, found.activity_fits_platform) == (False, True)
    assert (found.note, found.ticket) == ("n", "t")
    assert (await facts(database, world, world.stranger)).policies == ()
    shell = await facts(database, world, activity_id=world.shell)
    assert sorted(p.name for p in shell.policies) == ["admins", "nothing"]


async def test_a_disabled_policy_is_seen_and_a_deleted_one_is_not(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=True)))
    assert [p.is_disabled for p in (await facts(database, world)).policies] == [True]
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_deleted=True)))
    assert (await facts(database, world)).policies == ()


async def test_a_locked_or_unknown_person_is_locked(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    assert (await facts(database, world, new_id())).identity_locked
    await database.write(lock, world.person)
    assert (await facts(database, world)).identity_locked


async def test_an_activity_of_another_platform_does_not_fit(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def elsewhere(tx: Tx) -> None:
        other = new_id()
        tx.add(platform, id=other, name="Other", connector="linux", created_at=tx.now, modified_at=tx.now)
        tx.run(sa.update(activity).where(activity.c.id == world.sudo).values(platform_id=other))

    await database.write(elsewhere)
    assert not (await facts(database, world)).activity_fits_platform
    assert (await facts(database, world, activity_id=world.shell)).activity_fits_platform


async def test_a_deleted_activity_fits_nowhere(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(
        lambda tx: tx.run(sa.update(activity).where(activity.c.id == world.sudo).values(is_deleted=True))
    )
    assert not (await facts(database, world)).activity_fits_platform


async def test_activities_work_on_copies_of_their_platform_and_not_the_other_way_round(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)

    def onto_a_copy(tx: Tx) -> UUID:
        base = tx.scalar(sa.select(activity.c.platform_id).where(activity.c.id == world.sudo))
        made = copy_platform(tx, ACTOR, base, name="Linux of the branch", rules={}).id
        tx.run(sa.update(resource).where(resource.c.id == world.resource).values(platform_id=made))
        return made

    copy = await database.write(onto_a_copy)
    assert (await facts(database, world)).activity_fits_platform

    def off_the_copy(tx: Tx) -> None:
        base = tx.scalar(sa.select(platform.c.base_platform_id).where(platform.c.id == copy))
        tx.run(sa.update(activity).where(activity.c.id == world.sudo).values(platform_id=copy))
        tx.run(sa.update(resource).where(resource.c.id == world.resource).values(platform_id=base))

    await database.write(off_the_copy)
    assert not (await facts(database, world)).activity_fits_platform


async def test_the_number_of_statements_does_not_grow(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    members = Members([world.person], [world.resource], [world.sudo])
    counts = []
    for names in (["a", "b"], [f"policy {n}" for n in range(297)]):
        await database.write(more, world, names, members)
        with selects(database) as seen:
            found = await facts(database, world)
        counts.append((len(found.policies), len(seen)))
    assert counts == [(3, 7), (300, 7)]


async def test_a_policy_holds_a_credential_by_itself_by_a_group_or_by_its_vault(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    kept = make_leasing(database, world).credential_id
    vault, of = await vault_resource(database, "safe"), await database.write(add_group, ACTOR, name="deployers")
    people = await group(database, groups.PEOPLE, "team", world.person)
    secrets = {"policy_type": PolicyType.CREDENTIAL}
    by_itself = await add(database, "a", identities=[world.person], credentials=[kept], **secrets)
    by_group = await add(database, "b", groups=[people], credential_groups=[of.id], **secrets)
    by_vault = await add(database, "c", identities=[world.person], resources=[vault], **secrets)
    built_in = await database.read(release_activity)

    async def found(person: UUID = world.person, doing: UUID = built_in) -> set[UUID]:
        facts = await database.read(gather, Asked(person, doing, credential_id=kept))
        decision = decide(facts)
        assert isinstance(decision, Allowed if facts.policies else Denied)
        if isinstance(decision, Denied):
            assert decision.missing == ("account not locked" if facts.identity_locked else "access policy")
            assert facts.identity_locked or decision.reason == "no access policy gives you this credential"
        return {one.id for one in facts.policies}

    assert await found() == {by_itself.id}
    await database.write(add_credentials, ACTOR, of.id, [kept])
    assert await found() == {by_itself.id, by_group.id}
    await database.write(lambda tx: tx.run(sa.update(managed_user).values(resource_id=vault)))
    with selects(database) as seen:
        assert await found() == {by_itself.id, by_group.id, by_vault.id}
    assert len(seen) == 7
    assert await found(world.stranger) == await found(uuid4()) == await found(doing=world.shell) == set()
    await database.write(lambda tx: tx.run(sa.update(credential).values(deleted_at=tx.now)))
    assert await found() == set()
